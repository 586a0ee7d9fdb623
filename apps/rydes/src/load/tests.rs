use super::{
    options::LoadOptions,
    tally::{Figures, Lateness},
    timeline::Slice,
    *,
};

fn options() -> LoadOptions {
    LoadOptions {
        mix: "rides=8,prebookings=3,quotes=1".to_owned(),
        rate: "20".to_owned(),
        lasting: None,
        count: None,
        ramp: None,
        connections: "200".to_owned(),
    }
}

fn plan(rate: u32, count: u64, connections: usize) -> LoadPlan {
    LoadOptions {
        rate: rate.to_string(),
        count: Some(count.to_string()),
        connections: connections.to_string(),
        ..options()
    }
    .plan()
    .unwrap()
}

#[test]
fn without_a_word_it_is_a_minute_of_twenty_a_second() {
    let plan = options().plan().unwrap();
    assert_eq!((plan.requests, plan.connections), (1200, 200));
    assert_eq!([0, 1, 1199].map(|n| plan.schedule.due(n).as_millis()), [0, 50, 59_950]);
}

#[test]
fn it_ends_with_the_count_or_with_the_time_whichever_is_first() {
    let of = |lasting: Option<&str>, count: Option<&str>| {
        let (lasting, count) = (lasting.map(str::to_owned), count.map(str::to_owned));
        LoadOptions { lasting, count, ..options() }.plan().unwrap().requests
    };
    assert_eq!(of(Some("3s"), None), 60);
    assert_eq!(of(Some("1m 30s"), Some("5000")), 1800);
    assert_eq!(of(Some("1h"), Some("7")), 7);
    assert_eq!(of(None, Some("5000")), 5000, "no minute then");
    assert_eq!(of(Some("1ms"), None), 1, "the first is due at once");
}

#[test]
fn the_rate_rises_evenly_and_stays() {
    let options = LoadOptions { rate: "100".to_owned(), ramp: Some("10s".to_owned()), ..options() };
    let plan = options.plan().unwrap();
    let due = |n| plan.schedule.due(n).as_millis();
    // Half a rate's worth arrives in the ramp, a quarter of that in its first half.
    assert_eq!([due(0), due(125), due(500), due(600)], [0, 5000, 10_000, 11_000]);
    assert_eq!(plan.requests, 500 + 5000);
    let due: Vec<_> = (0..=plan.requests).map(|n| plan.schedule.due(n).as_micros()).collect();
    let gaps: Vec<_> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.windows(2).all(|pair| pair[1] <= pair[0] + 1), "it never slows down");
    assert_eq!(gaps.last(), Some(&10_000));
}

#[test]
fn a_mix_is_as_its_weights_say_at_every_moment() {
    let mix = options().plan().unwrap().mix;
    let first: Vec<_> = (0..24).map(|n| mix.of(n)).collect();
    for window in first.windows(12) {
        let count = |which| window.iter().filter(|use_case| **use_case == which).count();
        assert_eq!(UseCase::ALL.map(count), [8, 3, 1], "{window:?}");
    }
    assert!(!first.windows(2).any(|pair| pair == [UseCase::Prebookings; 2]), "none is bunched: {first:?}");
    let one = LoadOptions { mix: "quotes=2, rides=0".to_owned(), ..options() }.plan().unwrap().mix;
    assert!((0..9).all(|n| one.of(n) == UseCase::Quotes));
    assert_eq!(one.use_cases().collect::<Vec<_>>(), [UseCase::Quotes]);
}

#[test]
fn requests_are_those_of_many_customers_and_some_rides_are_extraordinary() {
    let body =
        |use_case: UseCase, n| -> serde_json::Value { serde_json::from_str(&use_case.body(n)).unwrap() };
    assert_eq!(body(UseCase::Rides, 5)["fare"], "256.50");
    assert_eq!(body(UseCase::Rides, 6)["fare"], "14.90");
    assert_eq!(body(UseCase::Prebookings, 1999)["customer"], "load-999");
    assert_eq!(body(UseCase::Quotes, 1)["customer"], "load-1");
}

#[test]
fn every_fault_is_named_at_once() {
    let faulty = LoadOptions {
        mix: "rides=1001,quote=1,prebookings".to_owned(),
        rate: "0".to_owned(),
        lasting: Some("5".to_owned()),
        count: Some("-1".to_owned()),
        ramp: Some("25h".to_owned()),
        connections: "many".to_owned(),
    };
    assert_eq!(
        faulty.plan().unwrap_err().to_string(),
        "there is no load with these options:
  --mix: the weight of rides must be a whole number from 0 to 1000
  --mix: there is no 'quote': there are rides, prebookings and quotes
  --mix: 'prebookings' is not of the form rides=8
  --rate: must be a whole number from 1 to 10000
  --connections: must be a whole number from 1 to 10000
  --count: must be a whole number from 1 to 100000000
  --for: must be a time as in 90s, 5m or 1h30m, and at most 24h
  --ramp: must be a time as in 90s, 5m or 1h30m, and at most 24h"
    );
    let fault = |options: LoadOptions| options.plan().unwrap_err().to_string();
    let ramp = Some("2m".to_owned());
    assert!(fault(LoadOptions { ramp: ramp.clone(), ..options() }).contains("longer than the whole"));
    assert!(LoadOptions { ramp, count: Some("9".to_owned()), ..options() }.plan().is_ok());
    for (mix, said) in [
        ("rides=0", "no weight is more than 0"),
        ("rides=1,rides=2", "rides is named twice"),
        ("", "'' is not of the form"),
    ] {
        let fault = fault(LoadOptions { mix: mix.to_owned(), ..options() });
        assert!(fault.contains(said), "{fault}");
    }
}

async fn never() {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn everything_is_sent_when_due_and_counted_by_what_it_asked_for() {
    let plan = plan(200, 60, 50);
    let mut seen = Vec::new();
    let load = watch(
        &plan,
        never(),
        |progress| seen.push(*progress),
        |use_case, n| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            match (use_case, n) {
                (UseCase::Quotes, _) => Err("status 503".to_owned()),
                (_, 0) => Err("no answer".to_owned()),
                _ => Ok(()),
            }
        },
    );
    let load = load.await.unwrap();
    let of = |n: usize| (load.use_cases[n].use_case, load.use_cases[n].sent, load.use_cases[n].accepted);
    assert_eq!(of(0), (Some(UseCase::Rides), 40, 39));
    assert_eq!(of(1), (Some(UseCase::Prebookings), 15, 15));
    assert_eq!(of(2), (Some(UseCase::Quotes), 5, 0));
    assert_eq!((load.all.sent, load.all.accepted, load.all.failed(), load.all.unanswered), (60, 54, 6, 0));
    assert_eq!(load.all.errors, [("no answer".to_owned(), 1), ("status 503".to_owned(), 5)].into());
    assert!(!load.is_without_errors() && !load.stopped);
    assert!((20..200).contains(&load.all.p50_ms), "{load:?}");
    assert_eq!((load.use_cases[2].p50_ms, load.use_cases[2].max_ms), (0, 0), "nothing was accepted");
    assert!(load.sending_ms >= 300, "60 at 200 a second: {load:?}");
    assert!(load.waited_for_room == 0 && load.use_cases[0].p90_ms <= load.use_cases[0].p99_ms);
    assert_eq!(load.slices.iter().map(|slice| slice.sent).sum::<u64>(), 60);
    let last = seen.last().unwrap();
    assert!(last.sent > 20 && last.per_second > 100 && last.under_way < 30, "{seen:?}");
}

#[tokio::test]
async fn a_delayed_requests_latency_counts_from_its_due_time() {
    // Ten a tenth of a second, and room for one that takes 40 ms: the last waits for all the others.
    let plan = plan(100, 10, 1);
    let load = watch(
        &plan,
        never(),
        |_| (),
        |_, _| async {
            tokio::time::sleep(Duration::from_millis(40)).await;
            Ok(())
        },
    );
    let load = load.await.unwrap();
    assert_eq!((load.all.accepted, load.waited_for_room), (10, 9));
    assert!(load.all.max_ms >= 310, "400 ms after the first was due, 310 after itself was: {load:?}");
    assert!(load.all.p50_ms >= 150, "{load:?}");
    assert!(load.lateness.p50_ms < 40, "the generator is not to blame: {load:?}");
    assert!(load.sending_ms >= 360 && load.all.accepted_per_second < 28.into(), "{load:?}");
}

#[tokio::test]
async fn it_ends_early_if_it_is_told_to_and_says_what_was_not_answered() {
    let stop = tokio::time::sleep(Duration::from_millis(150));
    let plan = plan(100, 1_000_000, 50);
    let load = watch(
        &plan,
        stop,
        |_| (),
        |_, n| async move {
            if n >= 5 {
                never().await;
            }
            Ok(())
        },
    );
    let load = load.await.unwrap();
    assert!(load.stopped && load.is_without_errors(), "{load:?}");
    assert_eq!((load.planned, load.all.accepted), (1_000_000, 5));
    assert!((3..=20).contains(&load.all.unanswered), "{load:?}");
    assert_eq!(load.all.unanswered, load.all.sent - 5);
}

/// A tally of rides, each with when it was due and how long its acceptance took.
fn tally(rides: impl IntoIterator<Item = (u64, u64)>) -> Tally {
    let mut tally = Tally::new().unwrap();
    for (due_ms, latency_ms) in rides {
        tally.record_sending(UseCase::Rides, Sending { due_ms, at_ms: due_ms, ..Sending::default() });
        tally.record_answer(UseCase::Rides, due_ms, latency_ms, &Ok(()));
    }
    tally
}

#[test]
fn percentiles_are_those_of_all_latencies() {
    let mut tally = tally((1..=1000).rev().map(|n| (n, n)));
    tally.record_sending(UseCase::Quotes, Sending { late_ms: 7, waited: true, ..Sending::default() });
    tally.record_answer(UseCase::Quotes, 0, 30_000, &Err("no answer".to_owned()));
    let load = tally.summary(&plan(1000, 1001, 1), false);
    let Figures { p50_ms, p90_ms, p99_ms, max_ms, .. } = load.all;
    assert_eq!([p50_ms, p90_ms, p99_ms, max_ms], [500, 900, 990, 1000], "errors have no part in it");
    assert_eq!(load.lateness, Lateness { p50_ms: 0, p99_ms: 0, max_ms: 7 });
    assert_eq!((load.waited_for_room, load.sending_ms), (1, 1001));
    assert_eq!(load.all.accepted_per_second.to_string(), "999.0");
}

#[test]
fn a_long_run_has_as_many_slices_as_a_short_one() {
    let plan = plan(1, 100_000, 1);
    let slices = |seconds: u64| {
        let load = tally((0..seconds).map(|n| (n * 1000, 10))).summary(&plan, false);
        assert_eq!(load.slices.iter().map(|slice| slice.accepted).sum::<u64>(), seconds);
        let adjoin = |pair: &[Slice]| pair[0].until_ms == pair[1].at_ms;
        assert!(load.slices.windows(2).all(adjoin));
        assert!(load.slices.iter().all(|slice| (slice.p50_ms, slice.p99_ms) == (10, 10)));
        (load.slices.len(), load.slice_ms, load.slices.last().unwrap().until_ms)
    };
    assert_eq!(slices(240), (240, 1000, 240_000));
    assert_eq!(slices(241), (121, 2000, 241_000));
    assert_eq!(slices(3600), (225, 16_000, 3_600_000));
}
