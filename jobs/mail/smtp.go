package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"carat/pipeline"
	"carat/pipeline/feed/address"
	"carat/pipeline/state"
)

// mailTimeout bounds how long one step of a conversation with the server lasts.
const mailTimeout = 30 * time.Second

// failuresMax is how many letters in a row may fail before the rest is not
// tried: the server is then not well.
const failuresMax = 10

// mailer gives letters to a server.
type mailer struct {
	options Options
	store   *state.Store
	client  *mail.Client // nil until it is connected
	to      *addressees
	pace    *time.Ticker
	failed  int // in a row
}

// deliver sends one letter, if it wasn't sent before.
func (m *mailer) deliver(ctx context.Context, l *letter, result *Result) error {
	before, err := m.store.SendingState(ctx, l.sent)
	if again := err == nil && before == state.SentSending && m.options.Again; again && !m.options.DryRun {
		before, err = "", m.store.AbandonSending(ctx, l.sent)
	} else if again {
		before = ""
	}
	if err != nil || before != "" {
		result.count(before, l)
		return err
	}
	if err := m.to.look(ctx, l); err != nil {
		return err
	}
	if reason := m.held(l); reason != "" {
		result.Failed = append(result.Failed, Failure{l.sent.CreatorID, reason})
		return nil
	}
	if m.options.DryRun {
		result.count("", l)
		return nil
	}
	message, err := m.message(l)
	if err != nil {
		result.Failed = append(result.Failed, Failure{l.sent.CreatorID, err.Error()})
		return nil
	}
	before, err = m.store.BeginSending(ctx, l.sent)
	if err != nil || before != "" {
		result.count(before, l)
		return err
	}
	if err := m.wait(ctx); err != nil {
		return errors.Join(err, m.store.AbandonSending(context.WithoutCancel(ctx), l.sent))
	}
	return m.give(ctx, l, message, result)
}

// count counts a letter by where it stood before.
func (r *Result) count(before string, l *letter) {
	switch before {
	case state.SentDone:
		r.Before++
	case state.SentSending:
		r.Unknown = append(r.Unknown, l.sent.CreatorID)
	default:
		r.Sent++
	}
}

// give gives a letter to the server, and records what came of it. It doesn't
// listen to an interruption half-way: a letter is either not begun or known.
func (m *mailer) give(ctx context.Context, l *letter, message *mail.Msg, result *Result) error {
	ctx = context.WithoutCancel(ctx)
	err := m.connect(ctx)
	if err != nil {
		return errors.Join(m.serverError(err), m.store.AbandonSending(ctx, l.sent))
	}
	err = m.client.Send(message)
	var refused *mail.SendError
	switch {
	case err == nil || message.IsDelivered():
		m.failed = 0
		result.Sent++
		if err != nil { // taken, but the conversation broke off after it
			m.client = nil
		}
		return m.store.FinishSending(ctx, l.sent)
	case errors.As(err, &refused) && refused.Reason == mail.ErrSMTPDataClose && refused.ErrorCode() == 0:
		// All was said and no answer came: nobody knows.
		result.Unknown = append(result.Unknown, l.sent.CreatorID)
	default:
		result.Failed = append(result.Failed, Failure{l.sent.CreatorID, l.refusal(err)})
		if err := m.store.AbandonSending(ctx, l.sent); err != nil {
			return err
		}
	}
	m.failed++
	m.client = nil // the next letter begins anew
	if m.failed >= failuresMax {
		return m.serverError(err)
	}
	return nil
}

// refusal is what the server said, without the address: that belongs into no log.
func (l *letter) refusal(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", affected recipient(s)")
	if mailbox, err := address.ASCII(l.person.Email); err == nil {
		text = strings.ReplaceAll(text, mailbox, "the address")
	}
	return oneLine(strings.ReplaceAll(text, l.person.Email, "the address"))
}

// wait keeps to the rate.
func (m *mailer) wait(ctx context.Context) error {
	if m.options.Config.Mail.PerMinute <= 0 {
		return ctx.Err()
	}
	if m.pace == nil {
		m.pace = time.NewTicker(time.Minute / time.Duration(m.options.Config.Mail.PerMinute))
		return ctx.Err()
	}
	select {
	case <-m.pace.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connect makes a conversation with the server, if there is none.
func (m *mailer) connect(ctx context.Context) error {
	if m.client != nil {
		return nil
	}
	c := m.options.Config.Mail
	host, portText, err := net.SplitHostPort(c.Server)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return err
	}
	options := []mail.Option{mail.WithPort(port), mail.WithTimeout(mailTimeout)}
	switch c.TLS {
	case "implicit":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.User != "" {
		auth := mail.SMTPAuthAutoDiscover
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(c.User), mail.WithPassword(m.options.Password))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	m.client = client
	return nil
}

// serverError is the error of a server that can't be used. It holds what the
// server said, never the password.
func (m *mailer) serverError(err error) error {
	text := err.Error()
	if m.options.Password != "" {
		text = strings.ReplaceAll(text, m.options.Password, "…")
	}
	return pipeline.Errorf(pipeline.KindInternal, "send by", m.options.Config.Mail.Server, "%s", oneLine(text)).
		WithHint("what was sent is recorded; the same command goes on with the rest")
}

// message makes the letter. Its id follows from what it says.
func (m *mailer) message(l *letter) (*mail.Msg, error) {
	message := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := message.From(m.options.Config.Mail.From); err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", "mail from", "%w", err)
	}
	// Which address it is belongs into no log.
	mailbox, err := address.ASCII(l.person.Email)
	if err != nil {
		return nil, fmt.Errorf("the address is none: %w", err)
	}
	to := netmail.Address{Name: oneLine(l.person.DisplayName), Address: mailbox}
	if err := message.AddTo(to.String()); err != nil {
		return nil, errors.New("the address is none")
	}
	message.Subject(l.subject)
	message.SetDateWithValue(m.options.Now)
	message.SetBodyString(mail.TypeTextPlain, l.body)
	sum := sha256.Sum256([]byte(strings.Join([]string{string(m.options.Period), l.sent.CreatorID, l.entry.Entity, l.entry.Currency, l.entry.Rows}, "\x00")))
	_, domain, _ := strings.Cut(message.GetFromString()[0], "@")
	message.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + strings.Trim(domain, "> "))
	if _, err := os.Stat(l.file); err != nil {
		return nil, errors.New("its file is gone: run `carat statements`")
	}
	message.AttachFile(l.file)
	return message, nil
}

func (m *mailer) close() error {
	if m.pace != nil {
		m.pace.Stop()
	}
	if m.client == nil {
		return nil
	}
	_ = m.client.Close() // all letters are given; how the server says goodbye changes nothing
	return nil
}
