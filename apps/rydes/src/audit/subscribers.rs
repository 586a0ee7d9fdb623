//! The effects of events at their subscribers, by the subscribers' own declarations.

use std::collections::HashMap;

use client::{
    Deployment, Error,
    subscribers::{Published, SeenIn, Subscriber},
    tables::{Item, value},
};

use super::{filed::Filed, findings::Audit, pages::Pages};

/// The effects of some events of one type.
pub(super) struct Effects {
    at: Vec<(Subscriber, HashMap<Vec<String>, Item>)>,
}

impl Effects {
    /// Looks for the effects of these events.
    pub async fn of(
        pages: &Pages<'_>,
        deployment: &Deployment,
        event: &str,
        events: &[Published],
    ) -> Result<Self, Error> {
        let mut at = Vec::new();
        for subscriber in deployment.subscribers_of(event)? {
            let mut found = HashMap::new();
            if let SeenIn::Table(table) = subscriber.seen_in() {
                let keys: Result<Vec<Item>, Error> =
                    events.iter().map(|event| subscriber.key(event)).collect();
                let items = pages.at(&subscriber.service, &table, keys?).await?;
                found = items.into_iter().map(|item| (key_of(&subscriber, &item), item)).collect();
            }
            at.push((subscriber, found));
        }
        Ok(Self { at })
    }

    /// Checks that each service that should take the event has had its effect once, and that the others have had none.
    pub fn audit(
        &self,
        event: &Published,
        about: &str,
        filed: &mut Filed,
        audit: &mut Audit,
    ) -> Result<(), Error> {
        for (subscriber, items) in &self.at {
            let (service, event_type) = (&subscriber.service, &subscriber.event);
            match subscriber.seen_in() {
                SeenIn::Table(_) => {
                    let item = items.get(&key_of(subscriber, &subscriber.key(event)?));
                    if subscriber.takes(event) {
                        let is_right = item.is_some_and(|item| subscriber.is_effect(item, event));
                        let what = format!("effect of {event_type} missing or wrong");
                        audit.expects(is_right, about, service, &what);
                    } else {
                        let what = format!("effect of {event_type} that should not be there");
                        audit.expects(item.is_none(), about, service, &what);
                    }
                }
                SeenIn::Lake => match filed.known(&event.id) {
                    1 => {}
                    0 => audit.finds(about, service, "its event is missing in the lake"),
                    more => audit.finds(about, service, format!("its event is counted {more} times")),
                },
                SeenIn::Elsewhere => {}
            }
        }
        Ok(())
    }

    /// True if any service has had an effect of the event.
    pub fn any(&self, event: &Published, filed: &Filed) -> Result<bool, Error> {
        for (subscriber, items) in &self.at {
            let item = items.get(&key_of(subscriber, &subscriber.key(event)?));
            let is_filed = subscriber.seen_in() == SeenIn::Lake && filed.contains(&event.id);
            if is_filed || item.is_some_and(|item| subscriber.is_effect(item, event)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn key_of(subscriber: &Subscriber, item: &Item) -> Vec<String> {
    subscriber.key_names().map(|name| value(item, name)).collect()
}
