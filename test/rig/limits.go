package rig

// What has to hold of the whole, row by row: each program that measures one of these prints it beside its limits and ends with
// an error when it is missed.
var (
	Lost       = Limit{What: "messages lost", Unit: "", Must: 0, Aim: 0}
	Doubled    = Limit{What: "messages answered twice", Unit: "", Must: 0, Aim: 0}
	Unreadable = Limit{What: "replies unreadable", Unit: "", Must: 0, Aim: 0}
	Exits      = Limit{What: "process exits caused by malformed stanzas", Unit: "", Must: 0, Aim: 0}
	ZeroFrames = Limit{What: "process exits caused by a zero-length frame", Unit: "", Must: 0, Aim: 0}

	Attempts  = Limit{What: "connection attempts that succeed", Unit: "%", Must: 95, Aim: 99, AtLeast: true, Beyond: true}
	Delivered = Limit{What: "replies delivered", Unit: "%", Must: 99, Aim: 99.9, AtLeast: true, Beyond: true}

	Back        = Limit{What: "back online after a drop, p99", Unit: "s", Must: 30, Aim: 5}
	ColdStart   = Limit{What: "1,000 online after a cold start", Unit: "s", Must: 25, Aim: 22}
	Return      = Limit{What: "1,000 online after the server returns", Unit: "s", Must: 25, Aim: 22}
	Restart     = Limit{What: "500 online after kill -9, rate lifted", Unit: "s", Must: 4, Aim: 2.5}
	HalfOpen    = Limit{What: "half-open: found and back, longest", Unit: "s", Must: 45, Aim: 30}
	AckedAway   = Limit{What: "acknowledged while the database is away", Unit: "", Must: 0, Aim: 0}
	Resumed     = Limit{What: "database back until messages are recorded", Unit: "s", Must: 5, Aim: 2}
	TakenOver   = Limit{What: "taken over from a dead process, longest", Unit: "s", Must: 30, Aim: 20}
	RollingGap  = Limit{What: "rolling restart gap, p99", Unit: "s", Must: 5, Aim: 3}
	OldOwner    = Limit{What: "frames by the old owner", Unit: "", Must: 0, Aim: 0}
	PerSession  = Limit{What: "memory per idle linked session, slope", Unit: "KiB", Must: 190, Aim: 120}
	ReplyMedian = Limit{What: "message → reply, p50", Unit: "ms", Must: 15, Aim: 10}
	ReplyTail   = Limit{What: "message → reply, p99", Unit: "ms", Must: 100, Aim: 50}
	Honest      = Limit{What: "status shown = truth, within", Unit: "s", Must: 5, Aim: 1}
	HonestIce   = Limit{What: "status shown = truth, half-open, within", Unit: "s", Must: 45, Aim: 45}
)
