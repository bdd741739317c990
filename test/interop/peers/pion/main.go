// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0

// Pion as a peer; the commands and events are those of w3c.mjs.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/pion/webrtc/v4"
)

type channelOptions struct {
	Label       string  `json:"label"`
	Ordered     bool    `json:"ordered"`
	Retransmits *uint16 `json:"retransmits"`
}

type command struct {
	Do        string           `json:"do"`
	Channels  []channelOptions `json:"channels"`
	Servers   []server         `json:"servers"`
	Type      string           `json:"type"`
	SDP       string           `json:"sdp"`
	Candidate string           `json:"candidate"`
	Mid       string           `json:"mid"`
}

type server struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

type event map[string]any

var output sync.Mutex

func emit(kind string, what event) {
	output.Lock()
	defer output.Unlock()
	what["is"] = kind
	line, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

type peer struct {
	connection *webrtc.PeerConnection
	early      []webrtc.ICECandidateInit
}

func (p *peer) open(servers []server) error {
	var config webrtc.Configuration
	for _, s := range servers {
		config.ICEServers = append(config.ICEServers, webrtc.ICEServer{
			URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	connection, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(config)
	if err != nil {
		return err
	}
	p.connection = connection
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate != nil {
			emit("candidate", event{"candidate": candidate.ToJSON().Candidate, "mid": "0"})
		}
	})
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		emit("state", event{"state": state.String()})
	})
	connection.OnDataChannel(adopt)
	return nil
}

func adopt(channel *webrtc.DataChannel) {
	channel.OnOpen(func() {
		emit("open", event{"label": channel.Label(), "ordered": channel.Ordered(),
			"retransmits": channel.MaxRetransmits()})
	})
	channel.OnMessage(func(message webrtc.DataChannelMessage) {
		var err error
		if message.IsString {
			err = channel.SendText(string(message.Data))
		} else {
			err = channel.Send(message.Data)
		}
		if err != nil {
			emit("failed", event{"why": "echo: " + err.Error()})
		}
	})
	channel.OnClose(func() { emit("closed", event{"label": channel.Label()}) })
}

func (p *peer) offer(options *webrtc.OfferOptions) error {
	description, err := p.connection.CreateOffer(options)
	if err == nil {
		err = p.connection.SetLocalDescription(description)
	}
	if err == nil {
		emit("description", event{"type": "offer", "sdp": description.SDP})
	}
	return err
}

func (p *peer) describe(c *command) error {
	err := p.connection.SetRemoteDescription(webrtc.SessionDescription{
		Type: webrtc.NewSDPType(c.Type), SDP: c.SDP})
	for _, candidate := range p.early {
		if err == nil {
			err = p.connection.AddICECandidate(candidate)
		}
	}
	p.early = nil
	if err != nil || c.Type != "offer" {
		return err
	}
	answer, err := p.connection.CreateAnswer(nil)
	if err == nil {
		err = p.connection.SetLocalDescription(answer)
	}
	if err == nil {
		emit("description", event{"type": "answer", "sdp": answer.SDP})
	}
	return err
}

func (p *peer) take(c *command) error {
	switch c.Do {
	case "offer":
		if err := p.open(c.Servers); err != nil {
			return err
		}
		for _, options := range c.Channels {
			channel, err := p.connection.CreateDataChannel(options.Label, &webrtc.DataChannelInit{
				Ordered: &options.Ordered, MaxRetransmits: options.Retransmits})
			if err != nil {
				return err
			}
			adopt(channel)
		}
		return p.offer(nil)
	case "answer":
		return p.open(c.Servers)
	case "description":
		return p.describe(c)
	case "candidate":
		index := uint16(0)
		candidate := webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: &c.Mid,
			SDPMLineIndex: &index}
		if p.connection.RemoteDescription() == nil {
			p.early = append(p.early, candidate)
			return nil
		}
		return p.connection.AddICECandidate(candidate)
	case "restart":
		return p.offer(&webrtc.OfferOptions{ICERestart: true})
	case "close":
		return p.connection.Close()
	}
	return fmt.Errorf("unknown command")
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if strings.HasPrefix(module.Path, "github.com/pion/webrtc/") {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "?"
}

func main() {
	emit("version", event{"name": "Pion", "version": version()})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	var p peer
	for lines.Scan() {
		var c command
		err := json.Unmarshal(lines.Bytes(), &c)
		if err == nil {
			err = p.take(&c)
		}
		if err != nil {
			emit("failed", event{"why": c.Do + ": " + err.Error()})
		}
	}
}
