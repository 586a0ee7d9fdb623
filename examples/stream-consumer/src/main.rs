//! Keeps the readings of sensors, which arrive in a Kinesis stream: each sensor's in their order, each once.

mod sensors;

use aws_sdk_dynamodb::Client;
use lambda_messaging::{
    Effect, Failure, Function, Service,
    stream::{self, Receiver, Record},
};
use sensors::Sensors;

/// A sensor has measured a temperature.
#[derive(serde::Deserialize)]
struct Reading {
    /// 1 for the first reading of a sensor, 2 for its second.
    number: u32,
    celsius: i32,
}

struct KeepReadings {
    sensors: Sensors,
}

impl Receiver<Record> for KeepReadings {
    async fn receive(&self, record: &Record) -> Result<Effect, Failure> {
        let Reading { number, celsius } = record.json()?;
        Ok(self.sensors.keep(&record.partition_key, number, celsius).await?.into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Examples", "stream-consumer")).await;
    let [table] = function.settings([("SENSORS_TABLE_NAME", "the table of sensors")])?;
    let receiver = KeepReadings { sensors: Sensors::new(Client::new(function.aws()), table) };
    stream::run(stream::kinesis(&function, receiver)?).await
}
