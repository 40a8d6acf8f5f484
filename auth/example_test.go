package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/auth"
)

func ExampleBasic() {
	m := auth.Basic(`EXAMPLE\ann`, "secret")
	fmt.Println(m)
	fmt.Printf("%+v %#v\n", m, auth.Secret("secret"))
	// Output:
	// Basic EXAMPLE\ann
	// Basic EXAMPLE\ann ***
}

func ExampleBearerFunc() {
	var issued int
	m := auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
		issued++ // ask the identity provider, in life
		return auth.Secret(fmt.Sprint("token", issued)), time.Now().Add(time.Hour), nil
	})
	client := &http.Client{Transport: m.Wrap(server(func(r *http.Request) int {
		if r.Header.Get("Authorization") == "Bearer token1" {
			return http.StatusUnauthorized // revoked
		}
		return http.StatusOK
	}))}
	for range 2 {
		res, err := client.Get("https://mail.example.com/")
		if err != nil {
			fmt.Println(err)
			return
		}
		res.Body.Close()
		fmt.Println(res.StatusCode, "after", issued, "tokens")
	}
	// Output:
	// 200 after 2 tokens
	// 200 after 2 tokens
}

func ExampleStrongest() {
	m := auth.Strongest(
		auth.Basic(`EXAMPLE\ann`, "secret"),
		auth.Digest(`EXAMPLE\ann`, "secret"),
	)
	client := &http.Client{Transport: m.Wrap(server(func(r *http.Request) int {
		if r.Header.Get("Authorization") == "" {
			return http.StatusUnauthorized
		}
		return http.StatusOK
	}))}
	_, err := client.Post("https://mail.example.com/EWS/Exchange.asmx", "text/xml", strings.NewReader("<a/>"))
	fmt.Println(err)
	// Output: Post "https://mail.example.com/EWS/Exchange.asmx": auth: mail.example.com offers nothing, and there is Digest EXAMPLE\ann, Basic EXAMPLE\ann; give a method that it offers, or ask its administrator to enable one of these
}

func ExampleProbe() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Negotiate, NTLM, Basic realm="mail.example.com"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer s.Close()
	offer, err := auth.Probe(context.Background(), nil, s.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range offer.Challenges {
		fmt.Println(c)
	}
	// Output:
	// Negotiate
	// NTLM
	// Basic realm="mail.example.com"
}
