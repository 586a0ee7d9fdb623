//! Requests in any order, repeated, and with any trouble.

use proptest::prelude::*;

use super::{
    payer::Payer,
    provider::{TROUBLE, Trouble},
};
use crate::Operation;

fn operation() -> impl Strategy<Value = Operation> {
    prop::sample::select(vec![Operation::Authorize, Operation::Capture, Operation::Void, Operation::Refund])
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop::sample::select(TROUBLE.to_vec())
}

proptest! {
    /// Any requests in any order, each with any fault, and repeated: the books agree with every answer.
    #[test]
    fn the_books_say_what_the_saga_was_told(
        deliveries in prop::collection::vec((operation(), trouble(), any::<bool>(), prop::option::of(0..3_u32)), 0..12),
        refuses in prop::option::of(operation()),
        compensation in prop::sample::select(vec![Operation::Void, Operation::Refund]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let payer = Payer::new();
            // A refused compensation goes to people, so it is left out here.
            if let Some(operation @ (Operation::Authorize | Operation::Capture)) = refuses {
                payer.refuses(operation);
            }
            let (mut given_up, mut compensating) = (false, false);
            for (operation, trouble, waits, card) in deliveries {
                payer.pays_with(card);
                // A saga that compensates waits for compensations only.
                compensating |= operation.is_compensation();
                let waits = waits && (operation.is_compensation() || !compensating);
                let before = payer.answers().len();
                let _ = payer.delivers(operation, trouble, waits).await;
                let (reserved, charged) = payer.books();
                prop_assert!(charged <= 1, "charged twice");
                let answer = if payer.answers().len() > before { payer.answers().pop() } else { None };
                match (answer, operation) {
                    (Some(Ok(())), Operation::Authorize) => prop_assert!(reserved || charged == 1),
                    (Some(Ok(())), Operation::Capture) => prop_assert!(!reserved && charged == 1),
                    (Some(Ok(())), Operation::Void | Operation::Refund) => given_up = true,
                    // The saga ends here without a void, and waits for nothing more.
                    (Some(Err(error)), _) if error == "PaymentAuthException" => {
                        (given_up, compensating) = (true, true);
                    }
                    _ => {}
                }
                prop_assert!(!given_up || (!payer.holds_anything()), "something is held, or may yet be");
            }
            // Compensations without faults set everything right in the end. The first ones may find that an earlier call is under way,
            // or that a key is spent.
            for _ in 0..4 {
                payer.delivers(compensation, Trouble::None, true).await.unwrap();
            }
            prop_assert_eq!(payer.answers().pop(), Some(Ok(())));
            prop_assert!(!payer.holds_anything());
            Ok(())
        })?;
    }
}
