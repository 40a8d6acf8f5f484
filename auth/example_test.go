package auth_test

import (
	"context"
	"fmt"
	"net/http"
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
