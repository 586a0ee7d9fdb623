//! Nobody does what their credentials don't allow.

use end_to_end::{Caller, Ride, World};

#[tokio::test]
async fn only_the_unicorn_management_app_completes_rides() {
    let world = World::shared().await;
    let ride = Ride::default().json();
    for (who, caller, status) in [
        ("the Unicorn Management App", Caller::unicorn_management_app(&world).await, 201),
        ("the Customer App", Caller::customer_app(&world).await, 403),
        ("a key with a wrong secret", Caller::impostor(&world).await, 403),
        ("an unsigned request", Caller::anonymous(&world), 403),
    ] {
        let answer = caller.posts(&ride, &[]).await;
        assert_eq!(answer.status, status, "{who}: {answer:?}");
    }
}
