using System.Numerics.Tensors;
using System.Text;
using Fulcrum.Models;
using Fulcrum.Tasks.Grading.Choice;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Choice;

/// <summary>The readings of multiple choice: what a form of a question is asked as, and what a reply to it
/// means.</summary>
internal static class ChoiceReading
{
    /// <summary>The question as the reading wants it.</summary>
    /// <param name="prompt">Text with or without options, as the reading wants it.</param>
    public static Question Ask(ChoiceSettings settings, ChoiceForm form, string prompt, Sampling? sampling)
    {
        bool chat = settings.Prompt == PromptForm.Chat;
        Prompt asked = chat ? new Prompt.Chat([new Message("user", prompt)]) : new Prompt.Text(prompt);
        // In plain text the space belongs to the continuation; a turn of a conversation begins without one.
        string Continued(string text) => chat ? text : " " + text;
        return settings.Reading switch
        {
            AnswerScoring.Letter => new Question.Choose(
                asked,
                [.. Enumerable.Range(0, form.Options.Count).Select(i => Continued(ChoicePrompt.Letter(i)))]
            ),
            AnswerScoring.Cloze or AnswerScoring.ClozeNormalised => new Question.Choose(
                asked,
                [.. form.Options.Select(o => Continued(o.Trim()))]
            ),
            AnswerScoring.LastCharacter => new Question.Write(asked, settings.MaxNewTokens, [], sampling),
            _ => new Question.Write(asked, settings.MaxNewTokens, chat ? [] : ["\n\n"], sampling),
        };
    }

    /// <summary>Grades a reply.</summary>
    /// <param name="prompt">As asked, for the reading that looks at prompt and reply together.</param>
    public static Grade Grade(ChoiceSettings settings, ChoiceForm form, string prompt, Reply reply) =>
        (settings.Reading, reply) switch
        {
            (AnswerScoring.Letter, Reply.Chosen chosen) => ByLikelihood(
                form,
                [.. chosen.Scores.Select(s => s.LogLikelihood)],
                probabilities: true
            ),
            (AnswerScoring.Cloze, Reply.Chosen chosen) => ByText(form, chosen, perByte: false),
            (AnswerScoring.ClozeNormalised, Reply.Chosen chosen) => ByText(form, chosen, perByte: true),
            (AnswerScoring.LastCharacter, Reply.Written written) => LastCharacter(form, prompt + written.Text),
            (_, Reply.Written written) => Written(form, written.Text),
            _ => throw new ArgumentException("the reply has not the form of the question", nameof(reply)),
        };

    private static Grade ByLikelihood(ChoiceForm form, double[] likely, bool probabilities)
    {
        int best = Array.IndexOf(likely, likely.Max());
        SortedDictionary<string, double>? measures = null;
        if (probabilities)
        {
            double[] p = new double[likely.Length];
            TensorPrimitives.SoftMax(likely, p);
            measures = new(StringComparer.Ordinal) { ["confidence"] = p[best] };
            if (form.Question.AlsoRight is null) // the Brier score needs one right option
            {
                measures["right_probability"] = p[form.Answer];
                measures["brier"] = p.Select((x, i) => Math.Pow(x - (i == form.Answer ? 1 : 0), 2)).Sum();
            }
        }

        return Chosen(form, best, measures);
    }

    /// <summary>Scores the options' texts. Both the sum and the sum per byte are computed: the one that the plan does
    /// not name becomes a measure.</summary>
    private static Grade ByText(ChoiceForm form, Reply.Chosen chosen, bool perByte)
    {
        double[] whole = [.. chosen.Scores.Select(s => s.LogLikelihood)];
        double[] bytes =
        [
            .. chosen.Scores.Select(
                (s, i) => s.LogLikelihood / Math.Max(1, Encoding.UTF8.GetByteCount(form.Options[i].Trim()))
            ),
        ];
        double Right(double[] likely) => form.IsRight(Array.IndexOf(likely, likely.Max())) ? 1 : 0;
        SortedDictionary<string, double> measures = new(StringComparer.Ordinal)
        {
            ["right_by_likelihood"] = Right(whole),
            ["right_by_likelihood_per_byte"] = Right(bytes),
        };
        return ByLikelihood(form, perByte ? bytes : whole, probabilities: false) with { Measures = measures };
    }

    private static Grade Written(ChoiceForm form, string text) =>
        ChoiceExtraction.Choice(text, form.Options) is { } choice
            ? Chosen(form, choice, Parsed(true))
            : new Grade(0, "", "unparsable", "no option can be told from the reply", Measures: Parsed(false));

    // This method tests the last character, so any character but the letter is incorrect.
    private static Grade LastCharacter(ChoiceForm form, string text)
    {
        string last = text.Trim() is { Length: > 0 } trimmed ? trimmed[^1..] : "";
        int choice = last.Length == 1 && last[0] >= 'A' && last[0] < 'A' + form.Options.Count ? last[0] - 'A' : -1;
        return choice >= 0
            ? Chosen(form, choice, Parsed(true))
            : new Grade(
                0,
                last,
                "unparsable",
                $"the last character, '{last}', is none of the letters",
                Measures: Parsed(false)
            );
    }

    private static Grade Chosen(ChoiceForm form, int choice, IReadOnlyDictionary<string, double>? measures) =>
        new(
            form.IsRight(choice) ? 1 : 0,
            ChoicePrompt.Letter(choice),
            form.IsRight(choice) ? "correct" : "wrong",
            Choice: form.Original(choice),
            Measures: measures
        );

    private static SortedDictionary<string, double> Parsed(bool parsed) =>
        new(StringComparer.Ordinal) { ["parsed"] = parsed ? 1 : 0 };
}
