//! Any messages that look something up at the same time, with any trouble: each has the result that it would have had alone.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::{
    super::Reads,
    table::{Fault, REFUSED, Table, city_of},
};

const CUSTOMERS: [&str; 8] = ["ann", "bob", "cid", "dan", "eve", "nobody", "nora", REFUSED];

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Throttled),
        Just(Fault::Denied),
        Just(Fault::Fails),
        Just(Fault::Hangs),
        prop::sample::select(CUSTOMERS.to_vec()).prop_map(Fault::LeavesUnread),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn joined_and_single_reads_come_to_the_same(
        batches in prop::collection::vec(
            (prop::collection::vec(prop::sample::select(CUSTOMERS.to_vec()), 0..12), prop::option::of(fault())),
            1..4,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let table = Table::default();
        let reads = Reads::new(table.client(), "customers", "customer").only("city");
        for (customers, fault) in batches {
            // A message that reads alone meets its own trouble, and has a retry for it.
            let fault = fault.filter(|_| customers.len() > 1);
            table.meets(fault);
            let found = runtime.block_on(async { join_all(customers.iter().map(|customer| reads.get(customer))).await });
            for (customer, found) in customers.iter().zip(found) {
                match found {
                    Ok(item) => {
                        let city = item.map(|item| item["city"].as_s().unwrap().clone());
                        prop_assert_eq!(city, city_of(customer), "{}", customer);
                    }
                    Err(failure) => {
                        prop_assert_eq!(*customer, REFUSED);
                        prop_assert_eq!(&failure.reason().error_type, "ValidationException");
                    }
                }
            }
            let has = |customer| customers.contains(&customer);
            let for_themselves = match fault {
                _ if customers.len() < 2 => customers.len(),
                Some(Fault::LeavesUnread(left)) if !has(REFUSED) => customers.iter().filter(|c| **c == left).count(),
                None if !has(REFUSED) => 0,
                _ => customers.len(),
            };
            let calls = table.take_calls();
            let joined = usize::from(customers.len() > 1);
            prop_assert_eq!(calls.len(), joined + for_themselves, "{:?}", calls);
            let distinct = customers.iter().collect::<BTreeSet<_>>().len();
            prop_assert!(joined == 0 || calls[0].split(' ').count() == 1 + distinct, "{:?}", calls);
        }
    }
}
