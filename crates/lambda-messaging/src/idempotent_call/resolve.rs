//! Ends the doubt about a call, for a person or a program that has found out about it.

use serde::Serialize;

use super::{
    Calls, Resolution,
    machine::{self, Answer},
    record::Record,
    table::Written,
};
use crate::{Failure, json};

impl Calls {
    /// Resolves a call whose outcome is [`Unknown`](super::Outcome::Unknown), after a person or a program has found out about it.
    ///
    /// ```no_run
    /// # use lambda_messaging::{Failure, idempotent_call::{Calls, Resolution}};
    /// # async fn example(mails: Calls) -> Result<(), Failure> {
    /// // The provider's list of sent mails contains it.
    /// mails.resolve("receipt/17", Resolution::Made("mail-4711")).await?;
    /// // That of another customer doesn't: the next delivery sends it.
    /// mails.resolve::<String>("receipt/18", Resolution::NotMade).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// - permanent `NotInDoubt` if there is no record of the call, or its outcome is known
    /// - transient `CallInProgress` while a delivery may be calling, or if the record changes at the same time
    pub async fn resolve<T: Serialize>(&self, id: &str, resolution: Resolution<T>) -> Result<(), Failure> {
        let in_progress = || Failure::transient("CallInProgress", "a delivery may be making this call");
        let found = self.table.find(id).await?;
        let Some(found) = found.filter(Record::may_be_in_doubt) else {
            return Err(Failure::permanent(
                "NotInDoubt",
                "there is no call of this id whose outcome is unknown",
            ));
        };
        let now = (self.clock)();
        if found.is_leased(now) {
            return Err(in_progress());
        }
        let answer = match resolution {
            Resolution::Made(outcome) => Answer::Made(json::write(&outcome)?),
            Resolution::NotMade => Answer::NotMade,
        };
        // The resolution answers all earlier calls, so no doubt is left.
        let found_out = Record { in_doubt: false, ..found.clone() };
        let next = machine::answered(&found_out, &answer, self.api, self.kept, now);
        match self.table.write(id, &next, Some(&found)).await? {
            Written::Yes => Ok(()),
            Written::Changed(_) => Err(in_progress()),
        }
    }
}
