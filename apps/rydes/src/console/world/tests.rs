use super::*;
use crate::console::testing::Aws;

#[tokio::test]
async fn a_service_that_was_taken_down_is_brought_up_again() {
    let aws = Aws { local: true, ..Aws::default() };
    let world = aws.world(true).await;
    world.switch("points/Award", false).await.unwrap();
    assert!(world.state().off.contains("points/Award"));
    assert!(world.state().switched_off.all().contains("mapping"));
    world.bring_all_up().await;
    assert!(world.state().switched_off.all().is_empty());
    assert_eq!(aws.take_calls()["event-source-mappings"], 2);
}

#[tokio::test]
async fn what_may_have_been_switched_off_is_noted_although_the_call_failed() {
    let world = Aws { local: true, refuses: true, ..Aws::default() }.world(true).await;
    assert!(world.switch("points/Award", false).await.is_err());
    assert!(world.state().switched_off.all().contains("mapping"));
    world.bring_all_up().await;
    assert!(world.state().switched_off.all().contains("mapping"), "it is still off, so it is noted still");
}

#[tokio::test]
async fn the_page_is_told_which_stage_it_shows_and_what_it_may_do() {
    let local = Aws { local: true, ..Aws::default() }.world(true).await.described();
    assert_eq!(
        (&local["stage"], &local["local"], &local["actions"]),
        (&json!("dev"), &json!(true), &json!(true))
    );
    let on_aws = Aws::default().world(false).await.described();
    assert_eq!((&on_aws["local"], &on_aws["actions"]), (&json!(false), &json!(false)));
    assert_eq!(on_aws["region"], "us-east-1");
}

#[tokio::test]
async fn calls_are_few_on_aws() {
    assert_eq!(Aws::default().world(false).await.pace(), Pace::AWS);
    assert_eq!(Aws { local: true, ..Aws::default() }.world(false).await.pace(), Pace::LOCAL);
}

#[test]
fn only_an_endpoint_of_this_machine_counts_as_an_emulator() {
    for endpoint in ["http://localhost:4566", "http://127.0.0.1:4566/", "http://[::1]:4566"] {
        assert!(is_on_this_machine(endpoint), "{endpoint}");
    }
    for endpoint in [
        "https://localhost.example.com",
        "https://127.0.0.1.example.com",
        "https://sqs.us-east-1.amazonaws.com/localhost",
        "https://user@example.com:4566",
        "",
    ] {
        assert!(!is_on_this_machine(endpoint), "{endpoint}");
    }
}
