// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0

//! webrtc-rs as a peer; the commands and events are those of w3c.mjs.

use std::sync::Arc;

use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, BufReader};
use webrtc::api::setting_engine::SettingEngine;
use webrtc::api::APIBuilder;
use webrtc::data_channel::data_channel_init::RTCDataChannelInit;
use webrtc::data_channel::data_channel_message::DataChannelMessage;
use webrtc::data_channel::RTCDataChannel;
use webrtc::ice_transport::ice_candidate::RTCIceCandidateInit;
use webrtc::ice_transport::ice_server::RTCIceServer;
use webrtc::peer_connection::configuration::RTCConfiguration;
use webrtc::peer_connection::offer_answer_options::RTCOfferOptions;
use webrtc::peer_connection::sdp::session_description::RTCSessionDescription;
use webrtc::peer_connection::RTCPeerConnection;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn emit(event: Value) {
    println!("{event}");
}

fn text(command: &Value, key: &str) -> String {
    command[key].as_str().unwrap_or_default().to_owned()
}

#[derive(Default)]
struct Peer {
    connection: Option<Arc<RTCPeerConnection>>,
    early: Vec<RTCIceCandidateInit>,
}

fn adopt(channel: Arc<RTCDataChannel>) {
    let opened = Arc::clone(&channel);
    channel.on_open(Box::new(move || {
        emit(json!({"is": "open", "label": opened.label(), "ordered": opened.ordered(),
            "retransmits": opened.max_retransmits()}));
        Box::pin(async {})
    }));
    let echo = Arc::clone(&channel);
    channel.on_message(Box::new(move |message: DataChannelMessage| {
        let echo = Arc::clone(&echo);
        Box::pin(async move {
            let sent = if message.is_string {
                echo.send_text(String::from_utf8_lossy(&message.data)).await
            } else {
                echo.send(&message.data).await
            };
            if let Err(error) = sent {
                emit(json!({"is": "failed", "why": format!("echo: {error}")}));
            }
        })
    }));
    let label = channel.label().to_owned();
    channel.on_close(Box::new(move || {
        emit(json!({"is": "closed", "label": label}));
        Box::pin(async {})
    }));
}

impl Peer {
    fn connection(&self) -> Result<&Arc<RTCPeerConnection>, &'static str> {
        self.connection.as_ref().ok_or("no connection yet")
    }

    async fn open(&mut self, command: &Value) -> Outcome {
        let servers = command["servers"].as_array().cloned().unwrap_or_default();
        let config = RTCConfiguration {
            ice_servers: servers
                .iter()
                .map(|server| RTCIceServer {
                    urls: server["urls"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|url| url.as_str().map(str::to_owned))
                        .collect(),
                    username: text(server, "username"),
                    credential: text(server, "credential"),
                })
                .collect(),
            ..Default::default()
        };
        let mut settings = SettingEngine::default();
        settings.set_include_loopback_candidate(true);
        let api = APIBuilder::new().with_setting_engine(settings).build();
        let connection = Arc::new(api.new_peer_connection(config).await?);
        connection.on_ice_candidate(Box::new(|candidate| {
            if let Some(line) = candidate.and_then(|candidate| candidate.to_json().ok()) {
                emit(json!({"is": "candidate", "candidate": line.candidate, "mid": "0"}));
            }
            Box::pin(async {})
        }));
        connection.on_peer_connection_state_change(Box::new(|state| {
            emit(json!({"is": "state", "state": state.to_string()}));
            Box::pin(async {})
        }));
        connection.on_data_channel(Box::new(|channel| {
            adopt(channel);
            Box::pin(async {})
        }));
        self.connection = Some(connection);
        Ok(())
    }

    async fn offer(&self, options: Option<RTCOfferOptions>) -> Outcome {
        let connection = self.connection()?;
        let description = connection.create_offer(options).await?;
        connection.set_local_description(description.clone()).await?;
        emit(json!({"is": "description", "type": "offer", "sdp": description.sdp}));
        Ok(())
    }

    async fn start(&mut self, command: &Value) -> Outcome {
        self.open(command).await?;
        for channel in command["channels"].as_array().into_iter().flatten() {
            let options = RTCDataChannelInit {
                ordered: channel["ordered"].as_bool(),
                max_retransmits: channel["retransmits"].as_u64().map(|count| count as u16),
                ..Default::default()
            };
            let label = text(channel, "label");
            adopt(self.connection()?.create_data_channel(&label, Some(options)).await?);
        }
        self.offer(None).await
    }

    async fn describe(&mut self, command: &Value) -> Outcome {
        let early = std::mem::take(&mut self.early);
        let connection = self.connection()?;
        let sdp = text(command, "sdp");
        if command["type"] == "answer" {
            connection.set_remote_description(RTCSessionDescription::answer(sdp)?).await?;
        } else {
            connection.set_remote_description(RTCSessionDescription::offer(sdp)?).await?;
        }
        for candidate in early {
            connection.add_ice_candidate(candidate).await?;
        }
        if command["type"] == "offer" {
            let answer = connection.create_answer(None).await?;
            connection.set_local_description(answer.clone()).await?;
            emit(json!({"is": "description", "type": "answer", "sdp": answer.sdp}));
        }
        Ok(())
    }

    async fn candidate(&mut self, command: &Value) -> Outcome {
        let candidate = RTCIceCandidateInit {
            candidate: text(command, "candidate"),
            sdp_mid: Some(text(command, "mid")),
            sdp_mline_index: Some(0),
            ..Default::default()
        };
        let connection = self.connection()?;
        if connection.remote_description().await.is_none() {
            self.early.push(candidate);
            return Ok(());
        }
        Ok(connection.add_ice_candidate(candidate).await?)
    }

    async fn take(&mut self, command: &Value) -> Outcome {
        match command["do"].as_str().unwrap_or_default() {
            "offer" => self.start(command).await,
            "answer" => self.open(command).await,
            "description" => self.describe(command).await,
            "candidate" => self.candidate(command).await,
            "restart" => {
                self.offer(Some(RTCOfferOptions { ice_restart: true, ..Default::default() })).await
            }
            "close" => Ok(self.connection()?.close().await?),
            other => Err(format!("unknown command {other}").into()),
        }
    }
}

#[tokio::main]
async fn main() -> Outcome {
    emit(json!({"is": "version", "name": "webrtc-rs", "version": "0.17.2"}));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut peer = Peer::default();
    while let Some(line) = lines.next_line().await? {
        let command: Value = serde_json::from_str(&line)?;
        if let Err(error) = peer.take(&command).await {
            emit(json!({"is": "failed", "why": format!("{}: {error}", text(&command, "do"))}));
        }
    }
    Ok(())
}
