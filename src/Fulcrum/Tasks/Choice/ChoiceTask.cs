using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Tasks.Grading.Choice;

namespace Fulcrum.Tasks.Choice;

/// <summary>Multiple choice in any of its readings, over questions from any source.</summary>
internal sealed class ChoiceTask : ITask
{
    private readonly ChoiceSettings settings;
    private readonly Func<ChoiceQuestion, string> heading;
    private readonly Func<ChoiceQuestion, IReadOnlyList<ChoiceQuestion>> examples;
    private readonly Dictionary<string, ChoiceForm> forms;
    private readonly int shots;
    private readonly bool joinsEqual;

    /// <param name="heading">What comes before the first example of a question.</param>
    /// <param name="examples">The worked examples of a question.</param>
    /// <param name="shots">The number of worked examples, for the protocol.</param>
    /// <param name="joinsEqual">Whether equal questions with equal options count as one.</param>
    /// <exception cref="InputException">A question has fewer options than there are forms of it.</exception>
    public ChoiceTask(
        string name,
        ChoiceSettings settings,
        IReadOnlyList<ChoiceQuestion> questions,
        Func<ChoiceQuestion, string> heading,
        Func<ChoiceQuestion, IReadOnlyList<ChoiceQuestion>> examples,
        int shots,
        bool joinsEqual = false
    )
    {
        (Name, this.settings, this.heading, this.examples, this.shots) = (name, settings, heading, examples, shots);
        this.joinsEqual = joinsEqual;
        ChoiceQuestion? few = questions.FirstOrDefault(q => q.Options.Count <= settings.Rotations);
        if (few is not null)
        {
            throw new InputException(
                $"{name}: {few.Id} has {few.Options.Count} options, which {settings.Rotations} rotations "
                    + $"bring round to where they began; ask for {few.Options.Count - 1} at most"
            );
        }

        ChoiceForm[] all =
        [
            .. questions.SelectMany(q => Enumerable.Range(0, settings.Rotations + 1).Select(r => new ChoiceForm(q, r))),
        ];
        forms = all.ToDictionary(f => f.Id, StringComparer.Ordinal);
        Item[] items =
        [
            .. all.Select(f => new Item(
                f.Id,
                f.Question.Cluster,
                f.Question.Group,
                f.Question.Text,
                f.Letters,
                settings.Rotations == 0 ? null : f.Question.Id
            )),
        ];
        Items = joinsEqual ? RepeatedQuestions.Joined(items, Content) : items;
        ChanceAccuracy =
            questions.Count == 0 ? null : questions.Average(q => (1.0 + (q.AlsoRight?.Count ?? 0)) / q.Options.Count);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string? Layout { get; init; }

    /// <inheritdoc/>
    public double? ChanceAccuracy { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Item> Items { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Protocol =>
        new Dictionary<string, string>
        {
            ["reading"] = settings.Reading switch
            {
                AnswerScoring.Letter => "letter log-likelihood",
                AnswerScoring.Generated => $"generated, parser {ChoiceExtraction.Version}",
                AnswerScoring other => EnumNames.Of(other),
            },
            ["shots"] = $"{shots}",
            ["prompt"] = EnumNames.Of(settings.Prompt),
            ["rotations"] = $"{settings.Rotations}",
            ["decoding"] = settings.Reading.IsWritten() ? settings.Decoding.ToString() : "none",
        };

    /// <inheritdoc/>
    public Question Ask(Item item) =>
        ChoiceReading.Ask(settings, forms[item.Id], Prompt(forms[item.Id]), settings.Decoding.For(Name, item.Id));

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply) =>
        ChoiceReading.Grade(settings, forms[item.Id], Prompt(forms[item.Id]), reply) with
        {
            Threshold = settings.Threshold,
        };

    /// <inheritdoc/>
    public Reply Gold(Item item)
    {
        ChoiceForm form = forms[item.Id];
        return Ask(item) is Question.Choose
            ? new Reply.Chosen([
                .. form.Options.Select(
                    (_, i) => new ContinuationScore(i == form.Answer ? -1 : -1000, i == form.Answer, 1)
                ),
            ])
            : new Reply.Written(ChoicePrompt.Letter(form.Answer), FinishReason.Stop, 1);
    }

    /// <inheritdoc/>
    public string Content(Item item) => $"{item.Input}\n{string.Join('\n', forms[item.Id].Question.Options)}";

    /// <inheritdoc/>
    public IEnumerable<string> DoubtsOf(IReadOnlyList<Item> asked, IReadOnlyList<Answer>? answers)
    {
        ChoiceForm[] own = joinsEqual && answers is null ? [.. asked.Select(i => forms[i.Id])] : [];
        ChoiceQuestion[] rows = [.. own.Select(f => f.Question).Distinct()];
        return own.Length == 0
            ? []
            :
            [
                .. RepeatedQuestions.Doubts(Name, asked, rows.Length),
                .. RepeatedQuestions.Shown(Name, own.Length, asked.Count(IsShown)),
                .. RowFaults.Doubts(Name, [.. rows.Select(Row)]),
                .. RowFaults.DoubtfulOptions(Name, rows.Select(q => (PlaceOf(q), q.Options, q.Right))),
                .. Constant(own, rows),
            ];
    }

    // Where one text is always right, its letter says no more.
    private IEnumerable<string> Constant(ChoiceForm[] asked, ChoiceQuestion[] rows)
    {
        string[] texts =
        [
            .. RowFaults.ConstantAnswer(
                Name,
                [.. rows.Select(q => q.Right.Select(i => q.Options[i].Trim()).Select(t => (t, t)).ToArray())]
            ),
        ];
        bool lettered = texts.Length == 0 && settings.Reading.ShowsOptions();
        return lettered ? RowFaults.ConstantLetter(Name, [.. asked.Select(f => f.Letters.Split(", "))]) : texts;
    }

    // The order of the options does not make another question.
    private static AskedRow Row(ChoiceQuestion question)
    {
        string[] right = [.. question.Right.Select(i => question.Options[i].Trim())];
        return new AskedRow(
            PlaceOf(question),
            question.Text,
            string.Join(
                '\0',
                question.Options.Select(o => o.Trim()).Order(StringComparer.Ordinal).Prepend(question.Text.Trim())
            ),
            right,
            string.Join('\0', right.Distinct().Order(StringComparer.Ordinal))
        );
    }

    private static string PlaceOf(ChoiceQuestion question) => question.Place ?? question.Id;

    private bool IsShown(Item item)
    {
        ChoiceQuestion asked = forms[item.Id].Question;
        return examples(asked).Any(e => e.Text == asked.Text && e.Options.SequenceEqual(asked.Options));
    }

    private string Prompt(ChoiceForm form)
    {
        IEnumerable<(string, IReadOnlyList<string>, int)> worked = examples(form.Question)
            .Select(e => (e.Text, e.Options, e.Answer));
        return settings.Reading.ShowsOptions()
            ? ChoicePrompt.Listed(heading(form.Question), worked, form.Question.Text, form.Options)
            : ChoicePrompt.Cloze(heading(form.Question), worked, form.Question.Text);
    }
}
