//! `onhand serve`.

use crate::cli::Serve;
use crate::fail::Failure;
use crate::running::{self, Stop};
use onhand_actors::handle::Handle;

pub(crate) async fn run(options: Serve) -> Result<(), Failure> {
    let handle = running::start_actors(&options.data)?;
    let served = serve(&options, &handle).await;
    // What was taken is durable and answered before the process ends.
    handle.stop();
    served
}

async fn serve(options: &Serve, handle: &Handle) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let door = running::open_door(options.listen, options.payments, options.origin.clone(), handle.clone())?;
    running::say_listening(&door)?;
    let stopped = stop.wait(handle).await;
    door.stop();
    stopped
}
