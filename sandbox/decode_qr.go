package sandbox

import (
	"bytes"
	"image"
	_ "image/gif"  // pictures people paste
	_ "image/jpeg" // pictures people paste
	_ "image/png"  // pictures people paste
	"io"
	"net/http"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

const maxPixels = 40_000_000

// decodeQR reads the QR code in the picture that is the request's body, for browsers
// that cannot do it themselves.
func decodeQR(r *http.Request) (any, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, refuse(statusBadRequest, "The picture is too large.")
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || size.Width*size.Height > maxPixels {
		return nil, refuse(statusUnprocessable, "That is not a picture this can read. Use PNG or JPEG.")
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, refuse(statusUnprocessable, "The picture is damaged.")
	}
	text, err := readQR(picture)
	if err != nil {
		return nil, refuse(statusUnprocessable, "There is no readable QR code in the picture.")
	}
	return map[string]string{"text": text}, nil
}

func readQR(picture image.Image) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return "", err
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	found, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		return "", err
	}
	return found.GetText(), nil
}
