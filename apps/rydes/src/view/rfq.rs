//! A request for quotes as quotes come in, and its trace.

use client::{
    rfq::{Quoted, Rfq},
    trace::rfq::RfqTrace,
};

use super::{span::span, steps};

/// Prints the herds that were asked, unless that was done before, and the quotes that are new.
pub fn show_news(rfq: &Rfq, shown: Option<usize>) {
    let Rfq { rfq_id, from, to, herds, quotes, reply_by, .. } = rfq;
    if shown.is_none() {
        let herds = herds.join(", ");
        println!("RFQ {rfq_id}: {from} → {to}\nasked: {herds}, who may answer until {reply_by:.0}");
    }
    let width = herds.iter().map(String::len).max().unwrap_or_default();
    for Quoted { responder, quote, pickup, received_at } in quotes.iter().skip(shown.unwrap_or_default()) {
        let after = received_at.map(|at| span(rfq.after_ms(at))).unwrap_or_default();
        println!("  {after:>7}  {responder:width$}  {quote:>8}, there in {pickup} min");
    }
}

/// The end of a request for quotes.
pub fn show_end(rfq: &Rfq) {
    let Some(closed_at) = rfq.closed_at else {
        println!("It should be closed by now, and isn't. Look at the queues with: rydes status");
        return;
    };
    let silent: Vec<&str> = rfq.silent().collect();
    let by = if silent.is_empty() {
        "all have answered".to_owned()
    } else {
        format!("the time is up, and {} did not answer", silent.join(", "))
    };
    println!("  {:>7}  closed: {by}", span(rfq.after_ms(closed_at)));
    match &rfq.best {
        Some(Quoted { responder, quote, pickup, .. }) => {
            println!("best: {responder}, {quote}, there in {pickup} min");
        }
        None => println!("There is no quote."),
    }
}

/// The request, and the steps of each herd.
pub fn show(trace: &RfqTrace) {
    let Rfq { rfq_id, from, to, status, .. } = &trace.rfq;
    println!("RFQ {rfq_id}: {}\n{from} → {to}", status.to_lowercase());
    steps::show(&trace.steps);
    if !trace.rfq.is_closed() {
        println!("Quotes are still waited for.");
    }
}
