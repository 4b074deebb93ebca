package webpushtest

import (
	"crypto/ecdh"
	"encoding/base64"
	"testing"
)

// TestWhatIsReadIsTheStandards opens the example of RFC 8291 §5.
func TestWhatIsReadIsTheStandards(t *testing.T) {
	decode := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	key, err := ecdh.P256().NewPrivateKey(decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	body := decode("DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN")
	text, err := open(body, key, decode("BTBZMqHH6r4Tts7J_aSIgg"))
	if err != nil || string(text) != "When I grow up, I want to be a watermelon" {
		t.Fatalf("%q %v", text, err)
	}
	body[len(body)-1] ^= 1
	if _, err := open(body, key, decode("BTBZMqHH6r4Tts7J_aSIgg")); err == nil {
		t.Error("a message that was changed is read")
	}
}
