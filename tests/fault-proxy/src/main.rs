//! Serves the proxy until it is killed.

use clap::Parser;

/// A proxy in which calls to AWS fail, are counted, and meet quotas
#[derive(Parser)]
struct Options {
    /// The port on the loopback interface
    #[arg(long)]
    port: u16,
    /// The emulator's port
    #[arg(long)]
    upstream: u16,
    /// The seed that decides which calls fail
    #[arg(long)]
    seed: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let Options { port, upstream, seed } = Options::parse();
    fault_proxy::serve(port, upstream, seed).await
}
