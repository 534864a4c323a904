//! Commands of whoever trains.

use super::enter::Refused;
use super::{Entered, Names, refusal};
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
        Ok(self)
    }
}
