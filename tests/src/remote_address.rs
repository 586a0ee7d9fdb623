//! A proxy on another address, to call the emulator as another machine would.

use aws_config::SdkConfig;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpSocket},
};

/// Starts a proxy on another address of this machine; returns its endpoint. The policies allow plain HTTP from 127.0.0.1 only,
/// and calls through this proxy come from 127.0.0.2.
pub async fn from_another_address(aws: &SdkConfig) -> String {
    let port = aws.endpoint_url().unwrap().rsplit(':').next().unwrap().trim_end_matches('/');
    let emulator = format!("127.0.0.1:{port}").parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut caller, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
                let mut onward = socket.connect(emulator).await.unwrap();
                // The connection ends when either side closes it.
                let _ = copy_bidirectional(&mut caller, &mut onward).await;
            });
        }
    });
    endpoint
}
