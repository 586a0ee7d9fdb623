//! The sources that an audit compares.

use super::{filed::Filed, journal::Told, pages::Pages};

/// The tables, the lake's events and the journals' entries.
pub(super) struct Sources<'a> {
    pub pages: Pages<'a>,
    pub filed: Filed,
    pub told: Told,
}
