use super::*;
use crate::load::responses::Accepted;

#[test]
fn a_summary_counts_what_is_left_and_when_the_queues_were_empty() {
    let sample = |at_ms, processing| Sample { at_ms, processing, ..Sample::default() };
    let mut samples = vec![sample(0, 0), sample(500, 30), sample(1000, 10), sample(1500, 0), sample(1750, 0)];
    samples[2].notification = 12;
    let accepted = (0..40).map(|n| Accepted { id: n.to_string(), due_ms: n }).collect();
    let responses = Responses { accepted, latencies_ms: vec![5; 40], last_ms: 800, ..Responses::default() };
    let plan = CampaignPlan { bookings: 40, rate: 0, timeout: 1 };
    let campaign =
        summary(&plan, responses, samples, &Decisions { confirmed: 30, rejected: 9, ..Decisions::default() });
    assert_eq!((campaign.undecided, campaign.is_complete(), campaign.accepted), (1, false, 40));
    assert_eq!((campaign.deepest_backlog, campaign.drain_ms, campaign.is_drained()), (30, 700, true));
    assert_eq!(campaign.deepest_by_queue, Backlog { submission: 0, processing: 30, notification: 12 });
    assert_eq!((campaign.accept_rate_per_second, campaign.decided_per_second), (50, 26));
}

#[test]
fn a_campaign_is_complete_if_all_of_it_was_accepted_and_decided() {
    let whole = Campaign { bookings: 2, accepted: 2, confirmed: 1, rejected: 1, ..Campaign::default() };
    assert!(whole.is_complete());
    let samples = vec![Sample { submission: 1, ..Sample::default() }];
    assert!(!Campaign { samples, ..whole.clone() }.is_drained());
    assert!(!Campaign { accepted: 1, ..whole.clone() }.is_complete(), "one was never sent");
    assert!(!Campaign { refused: [("status 503".to_owned(), 1)].into(), ..whole }.is_complete());
}
