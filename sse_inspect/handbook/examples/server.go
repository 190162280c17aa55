// An event stream: go run server.go.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// Without an event until a comment is sent.
var heartbeat = seconds("HEARTBEAT", 10)

// Feed has numbered events, the latest of which are kept. A client is no
// more than a position in them, so that slow ones cost nothing.
type Feed struct {
	lock    sync.Mutex
	newest  int64
	kept    map[int64]string
	history int64
	news    chan struct{} // closed when there is an event, and replaced
	clients int
}

func (f *Feed) publish(data any) {
	// JSON has no line breaks: one data line is enough.
	text, err := json.Marshal(data)
	if err != nil {
		log.Fatal(err)
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	f.newest++
	lines := fmt.Sprintf("event: tick\ndata: %s\n\n", text)
	f.kept[f.newest] = fmt.Sprintf("id: %d\n%s", f.newest, lines)
	delete(f.kept, f.newest-f.history)
	close(f.news)
	f.news = make(chan struct{})
}

// next gives what to send to a client at this position, and its position
// then. Where there is nothing yet, there will be once `news` is closed.
func (f *Feed) next(at int64) (text string, then int64, news chan struct{}) {
	f.lock.Lock()
	defer f.lock.Unlock()
	oldest := f.newest - int64(len(f.kept)) + 1
	if at < oldest-1 || at > f.newest {
		// What this client needs next is not kept: say so.
		there := fmt.Sprintf(`{"oldest": %d, "newest": %d}`, oldest, f.newest)
		return "event: reset\ndata: " + there + "\n\n", oldest - 1, f.news
	}
	if at < f.newest {
		return f.kept[at+1], at + 1, f.news
	}
	return "", at, f.news
}

func (f *Feed) stream(w http.ResponseWriter, r *http.Request) {
	position, _ := f.count(1)
	defer f.count(-1)
	asked := r.Header.Get("Last-Event-ID")
	if asked == "" {
		asked = r.URL.Query().Get("last_event_id")
	}
	if asked != "" {
		var err error
		if position, err = strconv.ParseInt(asked, 10, 64); err != nil {
			position = -1
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache, no-transform")
	w.Header().Set("X-Accel-Buffering", "no")
	silence := time.NewTicker(heartbeat)
	defer silence.Stop()
	// At once, so that client and proxies see the stream live.
	text := "retry: 2000\n: connected\n"
	for {
		// Waits for a client that is slow.
		if _, err := io.WriteString(w, text); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		silence.Reset(heartbeat)
		var news chan struct{}
		text, position, news = f.next(position)
		for text == "" {
			select {
			case <-news:
				text, position, news = f.next(position)
			case <-silence.C:
				// No blank line: that would end an event.
				text = ": heartbeat\n"
			case <-r.Context().Done(): // the client has left
				return
			}
		}
	}
}

// state is what a client begins with, and again after a reset: it holds
// everything up to this ID.
func (f *Feed) state(w http.ResponseWriter, _ *http.Request) {
	newest, clients := f.count(0)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id": %d, "clients": %d}`, newest, clients)
}

func (f *Feed) count(change int) (newest int64, clients int) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.clients += change
	return f.newest, f.clients
}

func setting(name string, usual float64) float64 {
	if value, err := strconv.ParseFloat(os.Getenv(name), 64); err == nil {
		return value
	}
	return usual
}

func seconds(name string, usual float64) time.Duration {
	return time.Duration(setting(name, usual) * float64(time.Second))
}

func main() {
	feed := &Feed{
		// IDs count on from the time, so that they grow over restarts too.
		newest: time.Now().UnixMilli(),
		kept:   map[int64]string{},
		// Events kept: their rate times the longest outage to survive.
		history: int64(setting("HISTORY", 10000)),
		news:    make(chan struct{}),
	}
	go func() {
		// The events of this example.
		for range time.Tick(seconds("EVERY", 1)) {
			feed.publish(map[string]any{"at": time.Now()})
		}
	}()
	http.HandleFunc("/events", feed.stream)
	http.HandleFunc("/state", feed.state)
	port := int(setting("PORT", 8000))
	server := &http.Server{
		Addr: fmt.Sprintf("127.0.0.1:%d", port),
		// But no WriteTimeout: it would cut every stream at that age.
		ReadHeaderTimeout: 10 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
