package match

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed calibration.json background.txt vectors.bin
var fittedFiles embed.FS

// Model is everything that was fitted rather than written: see calibration.json for the files it was fitted on.
type Model struct {
	Calibration Calibration
	background  background
	vectors     *Vectors
	lex         *lexicon
}

// Calibration is the fitted part of the ranker and of the confidence: the chance that any FAQ answers the message, times the
// chance that the first one does, if one does.
type Calibration struct {
	Version    int                `json:"version"`
	FittedOn   string             `json:"fitted_on"`  // date
	Files      []string           `json:"files"`      // what it was fitted on
	Wordings   []int              `json:"wordings"`   // wordings per FAQ at which it was fitted
	OffTopic   float64            `json:"off_topic"`  // share of off-topic messages assumed
	Ranker     map[string]float64 `json:"ranker"`     // weight of each part of a candidate's score
	Answerable map[string]float64 `json:"answerable"` // weight of each sign for whether any FAQ answers; "bias" is the constant
	First      map[string]float64 `json:"first"`      // the same for whether the first FAQ does, if one does
	Figures    map[string]float64 `json:"figures"`    // what the fit reached on its own files
}

// ShippedModel reads the embedded model once.
var ShippedModel = sync.OnceValues(loadShippedModel)

func loadShippedModel() (*Model, error) {
	var cal Calibration
	data, err := fittedFiles.ReadFile("calibration.json")
	if err != nil {
		return nil, fmt.Errorf("read calibration: %w", err)
	}
	if err := json.Unmarshal(data, &cal); err != nil {
		return nil, fmt.Errorf("read calibration: %w", err)
	}
	counts, err := fittedFiles.ReadFile("background.txt")
	if err != nil {
		return nil, fmt.Errorf("read background counts: %w", err)
	}
	table, err := fittedFiles.ReadFile("vectors.bin")
	if err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	vectors, err := ReadVectors(table)
	if err != nil {
		return nil, err
	}
	return NewModel(cal, string(counts), vectors)
}

// NewModel puts a model together from its fitted parts; vectors may be nil.
func NewModel(cal Calibration, backgroundCounts string, vectors *Vectors) (*Model, error) {
	lex, err := shipped()
	if err != nil {
		return nil, err
	}
	return &Model{Calibration: cal, background: readBackground(backgroundCounts, lex), vectors: vectors, lex: lex}, nil
}
