// cosio-bench-socketioxide PORT: socketioxide as it comes, on axum, with the behaviour of ../../../server/events.hpp.
// One thread: tokio's runtime of the current thread.
use bytes::Bytes;
use serde_json::Value;
use socketioxide::extract::{AckSender, Data, SocketRef};
use socketioxide::SocketIo;
use std::error::Error;

const PENDING_CONNECTIONS: u32 = 4096;

fn answer(io: &SocketIo, name: &'static str) {
    let own = io.clone();
    io.ns(name, async move |user: SocketRef| {
        user.on("echo", async |user: SocketRef, Data(text): Data<Value>| {
            user.emit("echo", &text).ok();
        });
        user.on("ack", async |Data(text): Data<Value>, ack: AckSender| {
            ack.send(&text).ok();
        });
        // Data has the first argument, and the benchmark sends one.
        user.on("take", async |Data(_first): Data<Value>, ack: AckSender| {
            ack.send(&1).ok();
        });
        user.on("bin", async |user: SocketRef, Data(bytes): Data<Bytes>| {
            user.emit("bin", &bytes).ok();
        });
        user.on("join", async |user: SocketRef, Data(room): Data<String>| {
            user.join(room);
        });
        for event in ["bcast", "spread"] {
            let io = own.clone();
            user.on(event, async move |Data(what): Data<Value>| {
                if let Some(everybody) = io.of(name) {
                    everybody.emit(event, &what).await.ok();
                }
            });
        }
        let io = own.clone();
        user.on("room", async move |Data((room, text)): Data<(String, Value)>| {
            if let Some(everybody) = io.of(name) {
                everybody.to(room).emit("room", &text).await.ok();
            }
        });
    });
}

fn answer_json(io: &SocketIo) {
    io.ns("/json", async |user: SocketRef| {
        user.on("back", async |Data(what): Data<Value>, ack: AckSender| {
            ack.send(&what).ok();
        });
    });
}

async fn serve(port: u16) -> Result<(), Box<dyn Error>> {
    let (layer, io) = SocketIo::new_layer();
    for name in ["/", "/x"] {
        answer(&io, name);
    }
    answer_json(&io);
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(([127, 0, 0, 1], port).into())?;
    let listener = axum::serve::ListenerExt::tap_io(socket.listen(PENDING_CONNECTIONS)?, |tcp| {
        tcp.set_nodelay(true).ok();
    });
    println!("ready {}", std::process::id());
    axum::serve(listener, axum::Router::new().layer(layer)).await?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args()
        .nth(1)
        .ok_or("usage: cosio-bench-socketioxide PORT")?
        .parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(port))
}
