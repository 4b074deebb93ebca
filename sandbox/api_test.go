package sandbox_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
	"go.mau.fi/whatsmeow/types/events"

	"switchboard.example/sandbox"
	"switchboard.example/sandbox/sandboxtest"
)

// api calls the control API and returns the status and the decoded answer.
func api[T any](t *testing.T, s *sandbox.Server, method, path, body string) (int, T) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Addr()+"/sandbox/api/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatalf("%s %s answered %q", method, path, data)
	}
	return response.StatusCode, value
}

type object = map[string]any

func TestAConversationThroughTheControlAPI(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	status, made := api[object](t, server, "POST", "phones", `{"phone": "+234 801 000 0001", "name": "Shop", "kind": "owner"}`)
	if status != http.StatusCreated || made["phone"] != shop {
		t.Fatalf("made %d %v", status, made)
	}
	api[object](t, server, "POST", "phones", `{"phone": "`+ada+`", "name": "Ada", "lid": "777000777000"}`)

	client := sandboxtest.NewClient(t, server, nil)
	client.Dial()
	code := sandboxtest.Await[*events.QR](client, 0, nil).Codes[0]
	if status, device := api[object](t, server, "POST", "phones/"+shop+"/scan", `{"code": "`+code+`"}`); status != http.StatusOK {
		t.Fatalf("scan answered %d %v", status, device)
	}
	sandboxtest.Await[*events.Connected](client, 0, nil)

	_, sent := api[object](t, server, "POST", "phones/"+ada+"/messages", `{"to": "`+shop+`", "text": "hi", "address": "lid"}`)
	if got := client.AwaitText(0, "hi"); got.Info.ID != sent["id"] || got.Info.Sender.User != "777000777000" {
		t.Errorf("the device got %+v", got.Info)
	}
	client.SendText(ada, "welcome")
	var messages []sandbox.Message
	eventually(t, "both messages are there and the first is delivered", func() bool {
		_, messages = api[[]sandbox.Message](t, server, "GET", "phones/"+ada+"/messages", "")
		return len(messages) == 2 && messages[0].Status == sandbox.StatusDelivered
	})
	if in := messages[1]; in.Direction != "in" || in.Text != "welcome" || in.Copies != 1 || in.DecryptedAt == nil {
		t.Errorf("the answer is %+v", in)
	}
	_, view := api[object](t, server, "GET", "phones/"+shop, "")
	if devices, _ := view["devices"].([]any); len(devices) != 1 {
		t.Errorf("the shop's phone is %v", view)
	}
	client.Disconnect() // whatsmeow's own clean-up after an unlinking races with its background work
	status, unlinked := api[object](t, server, "POST", "phones/"+shop+"/unlink", "")
	if devices, _ := unlinked["devices"].([]any); status != http.StatusOK || len(devices) != 0 {
		t.Errorf("unlink answered %d %v", status, unlinked)
	}
}

func TestTheControlAPIRefusesInSentences(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	newPhone(t, server, ada, "Ada")
	for _, refusal := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"a number that is too short", "POST", "phones", `{"phone": "12"}`, 422},
		{"a number that is taken", "POST", "phones", `{"phone": "` + ada + `"}`, 409},
		{"what is not JSON", "POST", "phones", `{`, 400},
		{"a field nobody knows", "POST", "phones", `{"phon": "1"}`, 400},
		{"a phone nobody has", "GET", "phones/1234567", "", 404},
		{"a message to nobody", "POST", "phones/" + ada + "/messages", `{"to": "1234567", "text": "x"}`, 404},
		{"a code that is none", "POST", "phones/" + ada + "/scan", `{"code": "x"}`, 422},
		{"a pairing code nobody asked for", "POST", "phones/" + ada + "/enter-code", `{"code": "ABCD-EFGH"}`, 404},
		{"a fault nobody knows", "POST", "faults", `{"kind": "earthquake"}`, 422},
		{"a picture that is none", "POST", "decode-qr", "x", 422},
		{"a path nobody knows", "GET", "nothing", "", 404},
	} {
		t.Run(refusal.name, func(t *testing.T) {
			status, answer := api[object](t, server, refusal.method, refusal.path, refusal.body)
			sentence, _ := answer["error"].(string)
			if status != refusal.status || !strings.HasSuffix(sentence, ".") {
				t.Errorf("answered %d %v", status, answer)
			}
		})
	}
}

func TestTheRootKeyIsSixtyFourHexDigits(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	response, err := http.Get("http://" + server.Addr() + "/sandbox/api/root-key")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if data, _ := io.ReadAll(response.Body); len(data) != 64 || string(data) != server.RootKeyHex() {
		t.Errorf("the root key is %q", data)
	}
}

func TestFaultsAreListedOrderedAndCleared(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	_, kinds := api[[]sandbox.FaultKind](t, server, "GET", "faults", "")
	for _, kind := range kinds {
		if kind.Kind == "" || kind.Description == "" {
			t.Errorf("%+v", kind)
		}
		if status, answer := api[object](t, server, "POST", "faults", `{"kind": "`+kind.Kind+`"}`); status != http.StatusOK {
			t.Errorf("%s answered %d %v", kind.Kind, status, answer)
		}
	}
	if _, active := api[[]sandbox.Fault](t, server, "GET", "faults/active", ""); len(active) == 0 {
		t.Error("no fault is in force")
	}
	if _, active := api[[]sandbox.Fault](t, server, "DELETE", "faults", ""); len(active) != 0 {
		t.Errorf("still in force: %+v", active)
	}
}

func TestPagesOfOtherSitesAreKeptOut(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	request, _ := http.NewRequestWithContext(t.Context(), "POST", "http://"+server.Addr()+"/sandbox/api/phones", strings.NewReader(`{"phone":"`+ada+`"}`))
	request.Header.Set("Origin", "https://elsewhere.example")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusForbidden || len(server.Phones()) != 0 {
		t.Errorf("answered %d, there are %d phones", response.StatusCode, len(server.Phones()))
	}
}

func TestAQRCodeIsReadFromAPicture(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	text := "https://wa.me/settings/linked_devices#" + strings.Repeat("2@ABCDEFGH", 20)
	code, err := qr.Encode(text, qr.L, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	scaled, err := barcode.Scale(code, 360, 360)
	if err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, withMargin(scaled)); err != nil {
		t.Fatal(err)
	}
	status, answer := api[object](t, server, "POST", "decode-qr", picture.String())
	if status != http.StatusOK || answer["text"] != text {
		t.Errorf("answered %d %v", status, answer)
	}
}

// withMargin puts the code into a larger white picture, as on a screen.
func withMargin(code image.Image) image.Image {
	picture := image.NewGray(image.Rect(0, 0, 800, 600))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	for x := range code.Bounds().Dx() {
		for y := range code.Bounds().Dy() {
			picture.Set(x+200, y+100, code.At(x, y))
		}
	}
	return picture
}

func TestTheStreamTellsWhatChanged(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	request, _ := http.NewRequestWithContext(patient(t), "GET", "http://"+server.Addr()+"/sandbox/api/stream", nil)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	newPhone(t, server, ada, "Ada")
	var seen []byte
	buffer := make([]byte, 512)
	for !bytes.Contains(seen, []byte(`{"phone":"`+ada+`","what":"phones"}`)) {
		n, err := response.Body.Read(buffer)
		if err != nil {
			t.Fatalf("the stream ended with %q: %v", seen, err)
		}
		seen = append(seen, buffer[:n]...)
	}
}

func TestThePageIsServed(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	for _, path := range []string{"/", "/sandbox", "/sandbox/", "/sandbox/app.js", "/sandbox/style.css"} {
		response, err := (&http.Client{Timeout: 5 * time.Second}).Get("http://" + server.Addr() + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s answered %d", path, response.StatusCode)
		}
	}
}

func TestBehaviourIsChangedWhileRunning(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if _, b := api[sandbox.Behaviour](t, s.server, "PATCH", "behaviour", `{"autoRead": true}`); !b.AutoRead || b.MaxDevices != 4 {
		t.Errorf("the behaviour is %+v", b)
	}
	id := s.client.SendText(ada, "read at once")
	await(t, s.customer, "a read message", withStatus(id, sandbox.StatusRead))
	sandboxtest.Await(s.client, 0, func(r *events.Receipt) bool { return r.MessageIDs[0] == id && r.Type == "read" })
}

// post calls the control API of a sandbox in another process.
func get(t *testing.T, addr, path string) string {
	t.Helper()
	response, err := http.Get("http://" + addr + "/sandbox/api/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func post(t *testing.T, addr, path, body string) {
	t.Helper()
	response, err := http.Post("http://"+addr+"/sandbox/api/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		data, _ := io.ReadAll(response.Body)
		t.Fatalf("POST %s answered %d %s", path, response.StatusCode, data)
	}
}

func TestTheRestOfAPhonesLifeThroughTheControlAPI(t *testing.T) {
	t.Parallel()
	server := sandboxtest.New(t)
	newPhone(t, server, shop, "Shop")
	newPhone(t, server, ada, "Ada")
	for _, call := range []struct {
		path, body string
		status     int
	}{
		{"phones/" + ada + "/offline", `{"offline": true}`, 200},
		{"phones/" + ada + "/messages", `{"to": "` + shop + `", "text": "x"}`, 409},
		{"phones/" + ada + "/offline", `{"offline": false}`, 200},
		{"phones/" + ada + "/token", `{"to": "` + shop + `", "age": 60}`, 200},
		{"phones/" + ada + "/token", `{"to": "1234567"}`, 404},
		{"phones/" + shop + "/history", `{"how": "by post"}`, 422},
		{"phones/" + shop + "/history", `{"how": "blob"}`, 200},
		{"phones/" + ada + "/messages", `{"to": "` + shop + `", "type": "poll", "text": "?", "options": ["one"]}`, 422},
		{"phones/" + ada + "/messages", `{"to": "` + shop + `", "text": "?", "through": "the wall"}`, 422},
		{"phones/" + ada + "/number", `{"number": "` + shop + `"}`, 409},
		{"phones/" + ada + "/number", `{"number": "+234 802 000 0099"}`, 200},
		{"phones/" + ada + "/number", `{"number": "+234 802 000 0098"}`, 404},
	} {
		if status, answer := api[object](t, server, "POST", call.path, call.body); status != call.status {
			t.Errorf("%s %s answered %d %v, want %d", call.path, call.body, status, answer, call.status)
		}
	}
	if status, judged := api[object](t, server, "GET", "phones/2348020000099/judge", ""); status != 200 || judged["phone"] != "2348020000099" {
		t.Errorf("the judge answered %d %v", status, judged)
	}
}
