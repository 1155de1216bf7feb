package creators

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"carat/jobs/books"
	"carat/jobs/creators"
	"carat/jobs/serve/room"
	"carat/pipeline"
	"carat/reports/pages/site"
)

// questionsPage is what was asked, for a creator or for the staff.
type questionsPage struct {
	Questions []question
	Staff     bool
	Wrong     string // why an answer was not kept
	Told      string // what became of the last answer
	Empty     *site.Empty
}

// question is one of them as a page shows it.
type question struct {
	creators.Question
	Staff bool
	Late  bool
	Line  string // the page of the line
	Whole string // the page of the creator; "": it is the creator who looks
	Path  string // to which an answer is posted; "": there is one, or the one who looks can't
	Typed string // that was not kept
	Month string
	Asked string // on which day
	Due   string // by which day it is to be answered
	Said  string // on which day it was
}

func questionsOf(v *room.Visit, list []creators.Question, staff bool, typed map[int64]string) (all []question) {
	for _, q := range list {
		one := question{Question: q, Staff: staff, Late: q.Late(v.Now), Typed: typed[q.No], Month: site.Month(q.Period)}
		day := func(at time.Time) string { return at.In(v.Config.Zone).Format("2 January 2006") }
		one.Asked, one.Due, one.Said = day(q.AskedAt), day(q.Until), day(q.AnsweredAt)
		parts := []string{string(q.Period), q.Entity, q.Currency, strconv.FormatInt(q.Question.Line, 10)}
		if one.Line = below("/earnings", parts...); staff {
			one.Whole = below("/creators", q.Creator)
			one.Line = below(one.Whole, parts...)
			if !q.Answered() {
				one.Path = below("/questions", strconv.FormatInt(q.No, 10))
			}
		}
		all = append(all, one)
	}
	return all
}

// ownQuestions shows a creator what they asked, and what was answered.
func ownQuestions(v *room.Visit) (*room.Answer, error) {
	list, err := creators.OwnQuestions(v.Ctx, creators.OwnOptions{Setting: v.Setting})
	if err != nil {
		return nil, err
	}
	d := questionsPage{Questions: questionsOf(v, list, false, nil)}
	if len(list) == 0 {
		d.Empty = &site.Empty{Why: "You have asked nothing yet.", Next: "Each line of a statement has a field for a question about it.", Path: "/earnings"}
	}
	return &room.Answer{Template: "questions", Title: "My questions", Trail: []site.Place{{Path: "/earnings", Name: "My earnings"}}, Data: d}, nil
}

// ask keeps a question about a line. What was typed stays where it can't be kept.
func ask(v *room.Visit) (*room.Answer, error) {
	o := ownOptions(v)
	text := v.R.PostFormValue("text")
	_, err := creators.Ask(v.Ctx, o, text)
	if err == nil {
		return &room.Answer{To: "/earnings/questions"}, nil
	}
	told, status := toldOf(err)
	if told == "" {
		return nil, err
	}
	a, err := ownLine(v)
	if err != nil {
		return nil, err
	}
	d := a.Data.(linePage)
	d.Wrong, d.Typed = told, text
	a.Data, a.Status = d, status
	return a, nil
}

// toldOf gives what a person can do something about; "" of anything else.
func toldOf(err error) (told string, status int) {
	var e *pipeline.Error
	if !errors.As(err, &e) || e.Misnamed || pipeline.IsRefused(err) || e.Kind != pipeline.KindUsage && e.Kind != pipeline.KindBlocked {
		return "", 0
	}
	if status = http.StatusBadRequest; e.Kind == pipeline.KindBlocked {
		status = http.StatusConflict
	}
	return e.Error(), status
}

// questions shows the staff what creators asked.
func questions(v *room.Visit) (*room.Answer, error) { return questionsWith(v, "", "", nil) }

func questionsWith(v *room.Visit, wrong, told string, typed map[int64]string) (*room.Answer, error) {
	a := &room.Answer{Template: "questions", Title: "Questions"}
	d := questionsPage{Staff: true, Wrong: wrong, Told: told}
	if books.WantLake(v.Setting) == nil {
		list, err := creators.Questions(v.Ctx, v.Setting, "")
		if err != nil {
			return nil, err
		}
		d.Questions = questionsOf(v, list, true, typed)
	}
	if len(d.Questions) == 0 {
		d.Empty = &site.Empty{Why: "No creator has asked anything.", Next: "They ask on their own pages, about a line of a statement; who is a creator an administrator says with", Command: "carat users grant NAME creator --creator ID"}
	}
	a.Data = d
	return a, nil
}

// answer keeps an answer. What was typed stays where it can't be kept.
func answer(v *room.Visit) (*room.Answer, error) {
	no, _ := strconv.ParseInt(v.R.PathValue("id"), 10, 64) // none has the number 0
	text := v.R.PostFormValue("text")
	_, told, err := creators.Answer(v.Ctx, creators.AnswerOptions{Setting: v.Setting, No: no, Text: text, Link: v.Server + "/earnings/questions"})
	if err == nil {
		if told == "" {
			return &room.Answer{To: "/questions"}, nil
		}
		return questionsWith(v, "", "The answer is kept; "+told+".", nil)
	}
	wrong, status := toldOf(err)
	if wrong == "" {
		return nil, err
	}
	a, err := questionsWith(v, wrong, "", map[int64]string{no: text})
	if a != nil {
		a.Status = status
		d := a.Data.(questionsPage)
		for _, q := range d.Questions {
			if q.No == no && q.Path == "" && text != "" { // somebody else was first: what was typed is told
				d.Wrong += ". You had typed: " + pipeline.CutText(text)
				a.Data = d
			}
		}
	}
	return a, err
}
