package match

import (
	"slices"
	"strings"
)

// Pidgin says whether a text is Nigerian Pidgin rather than English, however short or misspelled, and by which of its words.
// One word or turn that only Pidgin has is enough, and so are two that Nigerian English borrows. It is apart from how texts are
// matched, which reads both as English: it only chooses between an FAQ's answers.
func Pidgin(text string) (told []string, sure bool) {
	words := split(Fold(firstRunes(text, maxRunes)))
	borrowed := 0
	for i, w := range words {
		turn := pidginTurn(words, i)
		switch {
		case turn != "":
			sure = true
		case pidginWords[w]:
			turn, sure = w, true
		case borrowedWords[w], w == "o" && i == len(words)-1 && i > 0:
			if turn = w; !slices.Contains(told, w) {
				borrowed++
			}
		}
		if turn != "" && !slices.Contains(told, turn) {
			told = append(told, turn)
		}
	}
	return told, sure || borrowed > 1
}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		all[w] = true
	}
	return all
}

var (
	// pidginWords are nobody's but Pidgin's. Short forms of English, such as "wan" for "want to" would be, are told by turns.
	pidginWords = set("wetin wetyn weytin wettin watin wetn una unah dey sabi wey pesin pikin kain wia comot commot") //nolint:gochecknoglobals // a constant table
	// borrowedWords are said in Nigerian English, too.
	borrowedWords = set("abeg abegi abi na sef oya shey shebi sebi sha nko dem jare joor nau wahala oo") //nolint:gochecknoglobals // as above

	pidginSubjects = set("i you u we e dem they person who")                                                                                                                                                        //nolint:gochecknoglobals // as above
	pidginDone     = set("spoil break land finish ready cancel bend trip loss lose pour pack pay send reach come arrive enter close open start die tire expire deliver")                                            //nolint:gochecknoglobals // as above
	pidginVerbs    = set("get fit go sabi see want know like work reach come pay take bring collect order send give need wait chop buy use do sell dey deliver charge miss")                                        //nolint:gochecknoglobals // as above
	pidginObjects  = set("bring buy get send carry collect pay do use take see fix like want deliver order return change give sell make drop wear chop cook pack repair wash cancel need sew keep find check hold") //nolint:gochecknoglobals // as above
	// englishBefore makes English of a subject and its verb: "will i fit", "can you go get", "i think you don".
	englishBefore = set("do does did can could will would should shall may must might to if when let where cant wont dont") //nolint:gochecknoglobals // as above
	// dontDo follows an "i don" that is short for "i don't".
	dontDo = set("know want think need have like understand remember mind care") //nolint:gochecknoglobals // as above
	// clock makes a time of day of "am".
	clock = set("or and pm to till until") //nolint:gochecknoglobals // as above
)

// pidginTurn is the turn of phrase that begins at words[i] and that English, also short English, does not have; empty for none.
func pidginTurn(words []string, i int) string {
	at := func(n int) string {
		if i+n < 0 || i+n >= len(words) {
			return ""
		}
		return words[i+n]
	}
	w, next, after := at(0), at(1), at(2)
	asked := englishBefore[at(-1)]
	turn := false
	switch {
	case w == "e": // it; on its own also in "e-mail"
		turn = slices.Contains([]string{"go", "don", "get", "be", "no", "fit", "reach", "still"}, next)
	case w == "make":
		turn = slices.Contains([]string{"i", "una", "we", "e", "dem"}, next) && !slices.Contains([]string{"me", "us", "you", "u"}, at(-1)) && !asked
	case w == "na": // is; at the end it only presses
		turn = slices.Contains([]string{"so", "which", "how", "who", "where", "wia"}, next) || i == 0 && after != ""
	case w == "no":
		turn = next == "vex" || next == "gree" || next == "be" && i == 0 && after != ""
	case w == "fit":
		turn = i == 0 && (pidginSubjects[next] || pidginVerbs[next])
	case w == "go":
		turn = next == "fit" && at(-1) != "to"
	case w == "don":
		turn = pidginDone[next] && i > 0 && !pidginSubjects[at(-1)]
	case w == "how":
		turn = next == "e" || next == "i" && after == "go" || next == "much" && after == "be"
	case w == "wan":
		turn = pidginSubjects[at(-1)] && !slices.Contains([]string{"", "to", "a", "an", "the", "some", "my", "your"}, next)
	case pidginObjects[w] && next == "am":
		turn = !clock[after]
	}
	if !turn && pidginSubjects[w] && !asked {
		switch next {
		case "fit", "go", "no":
			turn = pidginVerbs[after] || next == "fit" && w == "i" && after != ""
		case "don":
			turn = after != "" && !dontDo[after]
		}
	}
	if !turn {
		return ""
	}
	return w + " " + next
}
