package whatsapp_test

import "switchboard.example/sandbox"

func text(to *shop, words string) sandbox.Outgoing {
	return sandbox.Outgoing{To: to.phone.Number(), Text: words}
}
