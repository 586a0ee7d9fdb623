//! Warns once of each reading that is hot. It reads the stream of the table of sensors.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{
    Effect, Failure, Function, Service, idempotent_write,
    item::{self, number, text},
    stream::{self, Change, Receiver},
};

const HOT: i32 = 30;

struct Warn {
    client: Client,
    table: String,
}

impl Receiver<Change> for Warn {
    async fn receive(&self, change: &Change) -> Result<Effect, Failure> {
        let Some(sensor) = &change.new else { return Ok(Effect::Nothing("the sensor was deleted")) };
        let readings: Vec<i32> = sensor.read_list("celsius", str::parse)?;
        let Some(celsius) = readings.last().filter(|celsius| **celsius >= HOT) else {
            return Ok(Effect::Nothing("it is not hot"));
        };
        let name: String = change.keys.read("sensor", str::parse)?;
        let latest: u32 = sensor.read("latest", str::parse)?;
        let reading = text(format_args!("{name}/{latest}"));
        let warning = item::new([("reading", reading), ("celsius", number(celsius))]);
        Ok(idempotent_write::put(&self.client, &self.table, "reading", warning).await?.into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Examples", "stream-consumer")).await;
    let [table] = function.settings([("WARNINGS_TABLE_NAME", "the table of warnings")])?;
    let receiver = Warn { client: Client::new(function.aws()), table };
    stream::run(stream::dynamodb(&function, receiver)?).await
}
