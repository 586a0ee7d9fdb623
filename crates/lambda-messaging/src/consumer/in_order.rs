//! The order of a FIFO queue: the messages of a group one after the other.

use futures_util::future::join_all;

use super::{
    Receiver,
    delivery::Delivery,
    handler::{AllSettled, Handler, receive},
    work::{self, Work},
};

/// Handles the messages of a group one after the other, and groups concurrently.
pub(super) struct EachGroup<R>(pub R);

impl<R: Receiver> EachGroup<R> {
    async fn in_order<'a>(&self, work: &Work<'_>, group: Vec<&'a Delivery>) -> AllSettled<'a> {
        let mut all: AllSettled<'a> = Vec::with_capacity(group.len());
        for delivery in group {
            let before = all.last().and_then(|(_, settled)| settled.disposition.wait());
            let settled = match before {
                Some(wait) => work::behind(delivery, wait),
                None => receive(&self.0, work, delivery).await,
            };
            all.push((delivery, settled));
        }
        all
    }
}

impl<R: Receiver> Handler for EachGroup<R> {
    async fn handle<'a>(&self, work: &Work<'_>, deliveries: &[&'a Delivery]) -> AllSettled<'a> {
        let groups = groups(deliveries.iter().copied());
        let side_by_side = join_all(groups.into_iter().map(|group| self.in_order(work, group)));
        side_by_side.await.into_iter().flatten().collect()
    }

    fn units<'a>(&self, deliveries: &'a [Delivery]) -> Vec<Vec<&'a Delivery>> {
        groups(deliveries.iter())
    }
}

fn groups<'a>(deliveries: impl Iterator<Item = &'a Delivery>) -> Vec<Vec<&'a Delivery>> {
    let mut groups: Vec<(Option<&str>, Vec<&Delivery>)> = Vec::new();
    for delivery in deliveries {
        let group = delivery.group.as_deref();
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, members)) => members.push(delivery),
            None => groups.push((group, vec![delivery])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}
