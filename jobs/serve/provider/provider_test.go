package provider_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs/serve/provider"
	"carat/jobs/serve/provider/providertest"
	"carat/pipeline/source/reach"
)

const backTo = "https://carat.example/sign-in/provider/back"

func asked(t *testing.T) (*providertest.Provider, *provider.Provider, *time.Time) {
	t.Helper()
	them, now := providertest.New(t, time.Now), time.Now()
	them.Groups = []string{"finance"}
	return them, provider.New(provider.Settings{Issuer: them.Issuer(), ClientID: providertest.ClientID, Secret: providertest.Secret, GroupsClaim: "groups", Allow: reach.Loopback,
		Back: backTo, Clock: func() time.Time { return now }}), &now
}

func begun(t *testing.T, p *provider.Provider, browser string) string {
	t.Helper()
	to, err := p.Begin(t.Context(), browser, "10.0.0.1/32", "/months")
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestSignInByAProvider(t *testing.T) {
	them, p, _ := asked(t)
	them.Groups = []string{"staff", "finance", "finance", ""}
	to := begun(t, p, "b1")
	q, err := url.Parse(to)
	if err != nil || q.Query().Get("redirect_uri") != backTo || strings.Contains(to, providertest.Secret) {
		t.Fatalf("%s %v", to, err)
	}
	back := them.Walk(to)
	said, err := p.End(t.Context(), provider.Back{Browser: "b1", State: back.State, Code: back.Code, Issuer: them.Issuer()})
	if err != nil || said.Subject != "user-1" || said.Issuer != them.Issuer() || said.From != "/months" || !slices.Equal(said.Groups, []string{"finance", "staff"}) {
		t.Fatalf("%+v %v", said, err)
	}
	if _, err := p.End(t.Context(), provider.Back{Browser: "b1", State: back.State, Code: back.Code}); failureOf(err) != provider.State {
		t.Errorf("the same once more: %v", err)
	}
	them.Twist = func(c map[string]any) { c["groups"] = "finance" }
	back = them.Walk(begun(t, p, "b1"))
	if said, err = p.End(t.Context(), provider.Back{Browser: "b1", State: back.State, Code: back.Code}); err != nil || !slices.Equal(said.Groups, []string{"finance"}) {
		t.Errorf("one group as a text: %+v %v", said, err)
	}
}

func failureOf(err error) string {
	if f, ok := errors.AsType[*provider.Failure](err); ok {
		return f.What
	}
	return ""
}

// Everything that can be wrong with what a provider says lets nobody in, and says what to do.
func TestWhatAProviderSaysIsJudged(t *testing.T) {
	claims := func(change func(c map[string]any)) func(*providertest.Provider, *time.Time, *provider.Back) {
		return func(them *providertest.Provider, _ *time.Time, _ *provider.Back) { them.Twist = change }
	}
	moved := func(d time.Duration) func(*providertest.Provider, *time.Time, *provider.Back) {
		return func(them *providertest.Provider, now *time.Time, _ *provider.Back) {
			them.Clock = func() time.Time { return now.Add(d) }
		}
	}
	back := func(change func(b *provider.Back)) func(*providertest.Provider, *time.Time, *provider.Back) {
		return func(_ *providertest.Provider, _ *time.Time, b *provider.Back) { change(b) }
	}
	for name, c := range map[string]struct {
		twist func(them *providertest.Provider, now *time.Time, b *provider.Back)
		want  string // "": it is taken
		says  string
	}{
		"as it should be":                  {back(func(*provider.Back) {}), "", ""},
		"no state":                         {back(func(b *provider.Back) { b.State = "" }), provider.State, "Begin again"},
		"another state":                    {back(func(b *provider.Back) { b.State = strings.Repeat("x", 43) }), provider.State, "Begin again"},
		"a huge state":                     {back(func(b *provider.Back) { b.State = strings.Repeat("x", 1<<20) }), provider.State, "Begin again"},
		"another browser":                  {back(func(b *provider.Back) { b.Browser = "b2" }), provider.State, "another browser"},
		"no browser":                       {back(func(b *provider.Back) { b.Browser = "" }), provider.State, "another browser"},
		"another provider":                 {back(func(b *provider.Back) { b.Issuer = "https://evil.example" }), provider.State, "Another provider"},
		"no code":                          {back(func(b *provider.Back) { b.Code = "" }), provider.Code, "no code"},
		"another code":                     {back(func(b *provider.Back) { b.Code = "x" }), provider.Code, "code for none"},
		"it lets nobody in":                {back(func(b *provider.Back) { b.Refused = "access_denied" }), provider.Refused, "access_denied"},
		"a refusal with a text":            {back(func(b *provider.Back) { b.Refused = "Call 555-1234 <b>now</b>" }), provider.Refused, "no more"},
		"too late":                         {func(_ *providertest.Provider, now *time.Time, _ *provider.Back) { *now = now.Add(11 * time.Minute) }, provider.State, "longer than 10 minutes"},
		"another nonce":                    {claims(func(c map[string]any) { c["nonce"] = "x" }), provider.Nonce, "another sign-in"},
		"no nonce":                         {claims(func(c map[string]any) { delete(c, "nonce") }), provider.Nonce, "another sign-in"},
		"another audience":                 {claims(func(c map[string]any) { c["aud"] = "another" }), provider.Audience, "client_id"},
		"two audiences":                    {claims(func(c map[string]any) { c["aud"] = []string{providertest.ClientID, "another"} }), provider.Audience, "client_id"},
		"two audiences, issued to another": {claims(func(c map[string]any) { c["aud"], c["azp"] = []string{providertest.ClientID, "another"}, "another" }), provider.Audience, "client_id"},
		"two audiences, issued to carat": {claims(func(c map[string]any) {
			c["aud"], c["azp"] = []string{providertest.ClientID, "another"}, providertest.ClientID
		}), "", ""},
		"another issuer":    {claims(func(c map[string]any) { c["iss"] = "https://evil.example" }), provider.Signature, "another issuer"},
		"another's key":     {func(them *providertest.Provider, _ *time.Time, _ *provider.Back) { them.SignWith = providertest.Key(t) }, provider.Signature, "not signed by a key of its own"},
		"ended":             {claims(func(c map[string]any) { c["exp"] = time.Now().Add(-5 * time.Minute).Unix() }), provider.Expired, "has ended"},
		"no end":            {claims(func(c map[string]any) { delete(c, "exp") }), provider.Claims, "until when"},
		"no beginning":      {claims(func(c map[string]any) { delete(c, "iat") }), provider.Claims, "since when"},
		"not yet":           {claims(func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() }), provider.Clock, "clock"},
		"not yet, in words": {claims(func(c map[string]any) { c["nbf"] = 1e300 }), provider.Claims, "since when"},
		"signed long ago": {claims(func(c map[string]any) {
			c["iat"], c["exp"] = time.Now().Add(-time.Hour).Unix(), time.Now().Add(time.Hour).Unix()
		}), provider.Expired, "too old"},
		"its clock is ahead":     {moved(10 * time.Minute), provider.Clock, "clock and carat's differ"},
		"its clock is behind":    {moved(-10 * time.Minute), provider.Expired, "clocks is wrong"},
		"its clock a bit ahead":  {moved(time.Minute), "", ""},
		"a bit behind":           {moved(-time.Minute), "", ""},
		"no groups":              {claims(func(c map[string]any) { delete(c, "groups") }), provider.Claims, `claim "groups"`},
		"groups that are none":   {claims(func(c map[string]any) { c["groups"] = []any{1} }), provider.Claims, "no list of groups"},
		"groups by name":         {claims(func(c map[string]any) { c["groups"] = map[string]any{"finance": true} }), provider.Claims, "no list of groups"},
		"too many groups":        {claims(func(c map[string]any) { c["groups"] = make([]string, 1001) }), provider.Claims, "more than 1000"},
		"nobody":                 {claims(func(c map[string]any) { c["sub"] = "" }), provider.Claims, "who you are"},
		"a subject of lines":     {claims(func(c map[string]any) { c["sub"] = "a\nb" }), provider.Claims, "who you are"},
		"a subject turned round": {claims(func(c map[string]any) { c["sub"] = "a\u202eb" }), provider.Claims, "who you are"},
		"a long subject":         {claims(func(c map[string]any) { c["sub"] = strings.Repeat("a", 256) }), provider.Claims, "who you are"},
		"its keys are not read":  {func(them *providertest.Provider, _ *time.Time, _ *provider.Back) { them.Broken["/keys"] = true }, provider.Down, "doesn't answer"},
		"it takes no codes":      {func(them *providertest.Provider, _ *time.Time, _ *provider.Back) { them.Broken["/token"] = true }, provider.Down, "doesn't answer"},
		"it is gone":             {func(them *providertest.Provider, _ *time.Time, _ *provider.Back) { them.Stop() }, provider.Down, "sign in with a key"},
	} {
		t.Run(name, func(t *testing.T) {
			them, p, now := asked(t)
			walked := them.Walk(begun(t, p, "b1"))
			b := provider.Back{Browser: "b1", State: walked.State, Code: walked.Code}
			c.twist(them, now, &b)
			said, err := p.End(t.Context(), b)
			if failureOf(err) != c.want || c.want == "" && err != nil {
				t.Fatalf("%+v %v", said, err)
			}
			if c.want == "" {
				return
			}
			if said.Subject != "" || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v %q, want %q", said, err, c.says)
			}
			for _, secret := range []string{providertest.Secret, walked.Code, walked.State} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q tells %q", err, secret)
				}
			}
		})
	}
}

// Who learned the name of another's asking can neither use it nor end it.
func TestAnAskingIsOfOneBrowser(t *testing.T) {
	them, p, _ := asked(t)
	back := them.Walk(begun(t, p, "b1"))
	if _, err := p.End(t.Context(), provider.Back{Browser: "b2", State: back.State, Code: back.Code}); failureOf(err) != provider.State {
		t.Fatal(err)
	}
	if _, err := p.End(t.Context(), provider.Back{Browser: "b1", State: back.State, Code: back.Code}); err != nil {
		t.Error(err)
	}
	if _, err := p.Begin(t.Context(), "", "", "/"); failureOf(err) != provider.State {
		t.Errorf("without cookies: %v", err)
	}
}

// Whoever asks again and again ends their own network's askings, and nobody else's.
func TestAskingsAreBounded(t *testing.T) {
	them, p, now := asked(t)
	first := them.Walk(begun(t, p, "b1"))
	var others []providertest.Back
	for i := range 201 {
		*now = now.Add(time.Millisecond)
		to, err := p.Begin(t.Context(), "b2", "10.0.0.2/32", "")
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 || i == 200 {
			others = append(others, them.Walk(to))
		}
	}
	if _, err := p.End(t.Context(), provider.Back{Browser: "b1", State: first.State, Code: first.Code}); err != nil {
		t.Errorf("another network's: %v", err)
	}
	if _, err := p.End(t.Context(), provider.Back{Browser: "b2", State: others[0].State, Code: others[0].Code}); failureOf(err) != provider.State {
		t.Errorf("the oldest of theirs: %v", err)
	}
	if _, err := p.End(t.Context(), provider.Back{Browser: "b2", State: others[1].State, Code: others[1].Code}); err != nil {
		t.Errorf("the newest of theirs: %v", err)
	}
}

// A provider that is away when the server starts is asked again; one that names addresses
// without encryption, or lies where nothing may be called, is none.
func TestAProviderThatIsAway(t *testing.T) {
	them, p, _ := asked(t)
	them.Broken["/.well-known/openid-configuration"] = true
	if _, err := p.Begin(t.Context(), "b1", "", ""); failureOf(err) != provider.Down || strings.Contains(err.Error(), "/.well-known") {
		t.Errorf("%v", err)
	}
	delete(them.Broken, "/.well-known/openid-configuration")
	begun(t, p, "b1")
	for name, s := range map[string]provider.Settings{
		"loopback that is not allowed": {Issuer: them.Issuer()},
		"another's name":               {Issuer: them.Issuer() + "/", Allow: reach.Loopback},
		"no address":                   {Issuer: "://x"},
	} {
		s.ClientID, s.Clock, s.Back = providertest.ClientID, time.Now, backTo
		if _, err := provider.New(s).Begin(t.Context(), "b1", "", ""); failureOf(err) != provider.Down {
			t.Errorf("%s: %v", name, err)
		}
	}
}
