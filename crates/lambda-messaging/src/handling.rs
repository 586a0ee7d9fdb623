//! Parts of handling a message or a record that all consumers share.

mod ids;
mod panic;
mod result;
mod time;

pub(crate) use self::{
    ids::Ids,
    panic::catch_panic,
    result::{Handled, log_effect, log_failure},
    time::Time,
};
