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
	"sort"
	"strings"
	"sync"
	"time"

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
	Label     string           `json:"label"`
	Size      int              `json:"size"`
	Bytes     int              `json:"bytes"`
	Count     int              `json:"count"`
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

	mutex    sync.Mutex
	channels map[string]*webrtc.DataChannel
	counting bool
	bytes    int
	begin    time.Time
	answered chan struct{} // not nil while a ping waits
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
	connection.OnDataChannel(p.adopt)
	return nil
}

func (p *peer) adopt(channel *webrtc.DataChannel) {
	p.mutex.Lock()
	p.channels[channel.Label()] = channel
	p.mutex.Unlock()
	channel.OnOpen(func() {
		emit("open", event{"label": channel.Label(), "ordered": channel.Ordered(),
			"retransmits": channel.MaxRetransmits()})
	})
	channel.OnMessage(func(message webrtc.DataChannelMessage) { p.receive(channel, &message) })
	channel.OnClose(func() { emit("closed", event{"label": channel.Label()}) })
}

func (p *peer) receive(channel *webrtc.DataChannel, message *webrtc.DataChannelMessage) {
	p.mutex.Lock()
	counting, answered := p.counting, p.answered
	if counting && p.bytes == 0 {
		p.begin = time.Now()
	}
	p.bytes += len(message.Data)
	bytes, begin := p.bytes, p.begin
	p.mutex.Unlock()
	var err error
	switch {
	case answered != nil:
		answered <- struct{}{}
	case counting && message.IsString:
		emit("counted", event{"bytes": bytes - len(message.Data),
			"ms": float64(time.Since(begin).Microseconds()) / 1000})
	case counting:
	case message.IsString:
		err = channel.SendText(string(message.Data))
	default:
		err = channel.Send(message.Data)
	}
	if err != nil {
		emit("failed", event{"why": "echo: " + err.Error()})
	}
}

func flood(channel *webrtc.DataChannel, size, bytes int) {
	const high, low = 4 << 20, 1 << 20
	room := make(chan struct{}, 1)
	channel.SetBufferedAmountLowThreshold(low)
	channel.OnBufferedAmountLow(func() {
		select {
		case room <- struct{}{}:
		default:
		}
	})
	message := make([]byte, size)
	for sent := 0; sent < bytes; sent += size {
		if channel.BufferedAmount() > high {
			<-room
		}
		if err := channel.Send(message); err != nil {
			emit("failed", event{"why": "flood: " + err.Error()})
			return
		}
	}
	if err := channel.SendText("end"); err != nil {
		emit("failed", event{"why": "flood: " + err.Error()})
	}
}

func (p *peer) ping(channel *webrtc.DataChannel, size, count int) error {
	p.mutex.Lock()
	p.answered = make(chan struct{}, 1)
	p.mutex.Unlock()
	message := make([]byte, size)
	times := make([]float64, count)
	for i := range times {
		begin := time.Now()
		if err := channel.Send(message); err != nil {
			return err
		}
		<-p.answered
		times[i] = float64(time.Since(begin).Nanoseconds()) / 1000
	}
	p.mutex.Lock()
	p.answered = nil
	p.mutex.Unlock()
	sort.Float64s(times)
	emit("pinged", event{"p50_us": times[count/2], "p99_us": times[count*99/100]})
	return nil
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

func (p *peer) channel(label string) *webrtc.DataChannel {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.channels[label]
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
			p.adopt(channel)
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
	case "count":
		p.mutex.Lock()
		p.counting, p.bytes = true, 0
		p.mutex.Unlock()
		return nil
	case "flood":
		go flood(p.channel(c.Label), c.Size, c.Bytes)
		return nil
	case "ping":
		return p.ping(p.channel(c.Label), c.Size, c.Count)
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
	p := peer{channels: map[string]*webrtc.DataChannel{}}
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
