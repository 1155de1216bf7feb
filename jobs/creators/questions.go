package creators

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/mail"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/spelling"
)

// Bounds on questions: how many of one creator wait at a time, how long one is, and how
// many a list shows.
const (
	questionsOpenMax  = 20
	QuestionRunesMax  = 2000
	questionsShownMax = 500
)

// AnswerDays is how many days a creator is told that an answer takes at most.
const AnswerDays = 7

// Question is what a creator asked about a line, and what was answered.
type Question struct {
	lake.Question
	Until time.Time // by when it is to be answered
}

// Answered says whether it was.
func (q Question) Answered() bool { return q.AnsweredBy != "" }

// Late says whether it should have been answered by now.
func (q Question) Late(now time.Time) bool { return !q.Answered() && now.After(q.Until) }

func questionsOf(list []lake.Question) (all []Question) {
	for _, one := range list {
		all = append(all, Question{Question: one, Until: one.AskedAt.AddDate(0, 0, AnswerDays)})
	}
	return all
}

// checkWords is a usage error for what can't be kept of a question or an answer, and gives
// it without blanks around it.
func checkWords(action, text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	err := spelling.CheckText(text, true)
	switch {
	case text == "":
		err = errors.New("it says nothing")
	case len([]rune(text)) > QuestionRunesMax:
		err = fmt.Errorf("it is longer than %d characters", QuestionRunesMax)
	}
	if err != nil {
		return text, pipeline.Errorf(pipeline.KindUsage, action, "", "%w", err)
	}
	return text, nil
}

// Ask keeps what a creator asks about a line of a final statement of theirs, and gives its
// number.
func Ask(ctx context.Context, options OwnOptions, text string) (no int64, err error) {
	text, err = checkWords("ask", text)
	if err != nil {
		return 0, err
	}
	err = own(ctx, options.Setting, fmt.Sprintf("asks about %s/%s/%s/%d", options.Period, options.Entity, options.Currency, options.Line), func(o *owner) (int64, error) {
		month, final := o.at(options.Period)
		if !final || options.Period == "" {
			return 0, errNotOwn()
		}
		t, err := o.Query(ctx, o.Config, books.Latest, fmt.Sprintf("select count(*) from %s where %s and entity = %s and currency = %s and line_no = %d",
			statements.TableLines, o.mine(month), pipeline.SQLText(options.Entity), pipeline.SQLText(options.Currency), options.Line), statements.TableLines)
		if err != nil {
			return 0, err
		}
		if n, _ := t.Rows[0][0].(int64); n == 0 {
			return 0, errNotOwn()
		}
		if err := o.Lake.WantWritable(); err != nil {
			return 0, err
		}
		no, err = o.Lake.Questions().Ask(ctx, lake.Question{Creator: o.creator, Period: options.Period, Entity: options.Entity, Currency: options.Currency, Line: options.Line,
			AskedBy: o.By.User, AskedAt: o.Now, Text: text}, questionsOpenMax)
		return 1, err
	})
	return no, err
}

// OwnQuestions are what a creator asked, those that wait first.
func OwnQuestions(ctx context.Context, options OwnOptions) (list []Question, err error) {
	err = own(ctx, options.Setting, "questions", func(o *owner) (int64, error) {
		all, err := o.Lake.Questions().List(ctx, o.creator, questionsShownMax)
		list = questionsOf(all)
		return int64(len(list)), err
	})
	return list, err
}

// answering opens books for whoever may answer, with the entities that they are limited to.
func answering(ctx context.Context, s books.Setting, do func(p *books.Books, mine func(q lake.Question) bool) error) (err error) {
	p, err := books.OpenExisting(ctx, s, books.RightAnswer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	grants, err := p.Grants(ctx, s)
	if err != nil {
		return err
	}
	only := grants.Entities(s.By, books.RightAnswer)
	return do(p, func(q lake.Question) bool { return len(only) == 0 || slices.Contains(only, q.Entity) })
}

// Questions are what creators asked, those that wait first: of one creator, or of all
// (""). The access is recorded.
func Questions(ctx context.Context, s books.Setting, creator string) (list []Question, err error) {
	err = answering(ctx, s, func(p *books.Books, mine func(lake.Question) bool) error {
		_, err := p.Recorded(ctx, s, "questions", creator, func() (int64, error) {
			all, err := p.Lake.Questions().List(ctx, creator, questionsShownMax)
			list = questionsOf(slices.DeleteFunc(all, func(q lake.Question) bool { return !mine(q) }))
			return int64(len(list)), err
		})
		return err
	})
	return list, err
}

// AnswerOptions say what is answered.
type AnswerOptions struct {
	books.Setting
	No   int64
	Text string
	Link string // where the creator reads it
}

// Answer keeps an answer, and tells the creator by mail that there is one where a mail
// server is named: without a word of it. A letter that could not be sent is told and the
// answer stands. A question that somebody else has answered is a blocked error.
func Answer(ctx context.Context, o AnswerOptions) (q Question, told string, err error) {
	text, err := checkWords("answer", o.Text)
	if err != nil {
		return q, "", err
	}
	err = answering(ctx, o.Setting, func(p *books.Books, mine func(lake.Question) bool) error {
		_, err := p.Recorded(ctx, o.Setting, "questions", fmt.Sprintf("answers question %d", o.No), func() (int64, error) {
			all, err := p.Lake.Questions().List(ctx, "", questionsShownMax)
			i := slices.IndexFunc(all, func(one lake.Question) bool { return one.No == o.No && mine(one) })
			if err == nil && i < 0 {
				err = pipeline.Misnamed("find", "the question", "", nil, "nobody asked it")
			}
			if err == nil {
				err = p.Lake.WantWritable()
			}
			if err != nil {
				return 0, err
			}
			one := all[i]
			one.AnsweredBy, one.AnsweredAt, one.Answer = o.By.User, o.Now, text
			q = questionsOf([]lake.Question{one})[0]
			return 1, p.Lake.Questions().Answer(ctx, one)
		})
		if err != nil {
			return err
		}
		words, err := wordsOf(ctx, p, o.Setting, q.Creator)
		sent := false
		if err == nil {
			sent, err = mail.Notice(ctx, p, o.Setting, q.Creator, words.Answered(q.Period, q.Line, o.Link))
		}
		switch {
		case err != nil:
			told = "no mail was sent: " + err.Error()
		case sent:
			told = "the creator is told by mail that there is an answer"
		}
		return nil
	})
	return q, told, err
}
