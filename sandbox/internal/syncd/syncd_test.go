package syncd_test

import (
	"bytes"
	"testing"

	"go.mau.fi/whatsmeow/proto/waSyncAction"

	"switchboard.example/sandbox/internal/syncd"
)

func keys(tb testing.TB, secret byte) syncd.Keys {
	tb.Helper()
	k, err := syncd.Stretch([]byte{0, 1}, bytes.Repeat([]byte{secret}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func contact(name string) syncd.Action {
	return syncd.Action{
		Index: []string{"contact", "1@s.whatsapp.net"}, Version: 2,
		Value: &waSyncAction.SyncActionValue{ContactAction: &waSyncAction.ContactAction{FullName: new(name)}},
	}
}

func TestTwoStatesFollowEachOther(t *testing.T) {
	t.Parallel()
	mine, theirs := syncd.State{Name: "regular"}, syncd.State{Name: "regular"}
	removed := contact("Ada B.")
	removed.Removed = true
	for i, action := range []syncd.Action{contact("Ada"), contact("Ada B."), removed, contact("Ada again")} {
		patch, err := mine.Seal(keys(t, 1), action)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := theirs.Open(keys(t, 1), patch)
		if err != nil {
			t.Fatalf("patch %d: %v", i+1, err)
		}
		if got[0].Value.GetContactAction().GetFullName() != action.Value.GetContactAction().GetFullName() || got[0].Removed != action.Removed {
			t.Errorf("patch %d became %+v", i+1, got[0])
		}
	}
	a, _ := mine.Snapshot(keys(t, 1))
	b, _ := theirs.Snapshot(keys(t, 1))
	if !bytes.Equal(a, b) || mine.Version != 4 {
		t.Errorf("the states differ at version %d", mine.Version)
	}
}

func TestAFalsePatchIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	patch, err := (&syncd.State{Name: "regular"}).Seal(keys(t, 1), contact("Ada"))
	if err != nil {
		t.Fatal(err)
	}
	refuses := func(what string, s *syncd.State, k syncd.Keys, patch []byte) {
		t.Helper()
		if _, _, err := s.Open(k, patch); err == nil || s.Version > 1 {
			t.Errorf("%s was taken", what)
		}
	}
	refuses("another key's", &syncd.State{Name: "regular"}, keys(t, 2), patch)
	refuses("another collection's", &syncd.State{Name: "regular_low"}, keys(t, 1), patch)
	again := &syncd.State{Name: "regular"}
	if _, _, err := again.Open(keys(t, 1), patch); err != nil {
		t.Fatal(err)
	}
	refuses("one that came before", again, keys(t, 1), patch)
	for i := range patch { // flipping any bit must not get through unnoticed, but for what the server numbers
		damaged := append([]byte(nil), patch...)
		damaged[i] ^= 1
		s := &syncd.State{Name: "regular"}
		if actions, _, err := s.Open(keys(t, 1), damaged); err == nil && actions[0].Value.GetContactAction().GetFullName() != "Ada" {
			t.Errorf("damage at byte %d became %+v", i, actions)
		}
	}
}

func FuzzOpen(f *testing.F) {
	patch, err := (&syncd.State{Name: "regular"}).Seal(keys(f, 1), contact("Ada"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(patch)
	f.Add(patch[:len(patch)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, _ = (&syncd.State{Name: "regular"}).Open(keys(t, 1), data)
	})
}
