package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard.example/domain"
)

func TestPersonalInFindsWhatIsAboutOnePerson(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Yes Ada, we do. ADA, call 0803 000 0001 or +234-803-000-0002.": {"0803 000 0001", "+234-803-000-0002", "Ada", "ADA"},
		"Pay into 0123456789, GTBank":                                   {"0123456789"},
		"Write to ada.o@example.com today":                              {"ada.o@example.com"},
		"For Obi's wedding. Not for Obiora":                             {"Obi"},
		"₦85,000 for 50, ready on 2026-11-28 10:00":                     nil,
		"Ibadan is ₦3,500":                                              nil,
		"12345678901234567890":                                          nil,
		"":                                                              nil,
	} {
		if diff := cmp.Diff(want, domain.PersonalIn(text, "Ada Obi 🌸")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}
