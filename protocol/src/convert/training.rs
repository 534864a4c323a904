//! Commands of whoever trains.

use super::enter::Refused;
use super::{Entered, Names, refusal};
use onhand_engine::command::Action;
use onhand_engine::refusal::Refusal;

impl Entered {
    /// The same where people train for the location.
    ///
    /// # Errors
    /// [`crate::message::ErrorBody`] 3130 for what is not of a location.
    pub fn in_training(mut self, names: &impl Names) -> Result<Self, Refused> {
        if self.command.location.is_training() {
            return Ok(self);
        }
        let twin = self.command.location.training_twin();
        self.command.location = twin.ok_or_else(|| Box::new(refusal(&Refusal::NotInTraining, names)))?;
        self.asked.training = true;
        // What a real customer got is counted for what is real.
        if let Action::Return { unreceipted: Some(asked), .. } = &mut self.command.action {
            asked.counted = Box::default();
        }
        Ok(self)
    }
}
