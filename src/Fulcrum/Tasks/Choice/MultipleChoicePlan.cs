using System.Text.Json.Serialization;
using Fulcrum.Data;

namespace Fulcrum.Tasks.Choice;

/// <summary>Multiple choice from a custom file. A row is a question.</summary>
/// <param name="File">JSON Lines, CSV with a header, or Parquet, by its ending (<c>.jsonl</c>, <c>.csv</c>,
/// <c>.parquet</c>); or a split of a data set, <c>FOLDER:CONFIG/SPLIT</c>.</param>
/// <param name="Question">The column of the question.</param>
/// <param name="Options">The columns of the options, one each; or one column that holds a list. Null: <c>options</c>, a
/// list.</param>
/// <param name="Answer">The column of the right answer, or of a list of right answers.</param>
/// <param name="AnswerForm">What that column holds.</param>
/// <param name="Id">The column of the ids; null: the row's number.</param>
/// <param name="Cluster">The column of the clusters: items of one cluster are not independent of each other. Null: all
/// items are independent.</param>
/// <param name="Group">The column by which the report breaks the score down; null: none.</param>
/// <param name="Items">The number of rows, drawn in equal shares over the clusters; null: all.</param>
/// <param name="Instruction">Comes before the first example.</param>
/// <param name="ExamplesFile">Worked examples: a file with the same columns; needed where <paramref name="Fewshot"/> is
/// above 0.</param>
/// <param name="Fewshot">The number of its first rows that come before the question.</param>
/// <param name="Reading">The answer-scoring method.</param>
/// <param name="Labels">The column of the options' own labels, a list; needed for
/// <see cref="AnswerForm.Label"/>.</param>
/// <param name="Template">A Jinja template over the columns that makes the question, instead of
/// <paramref name="Question"/>; null: none.</param>
/// <param name="Rotations">The number of additional forms of each question, each with the options moved on by
/// one.</param>
/// <param name="MaxNewTokens">The most tokens of a written reply.</param>
/// <param name="Data">In place of <paramref name="File"/>: a split of a data set.</param>
public sealed record MultipleChoicePlan(
    string Name = "",
    string File = "",
    TaskRole? Role = null,
    int? Items = null,
    string Question = "question",
    IReadOnlyList<string>? Options = null,
    string Answer = "answer",
    AnswerForm AnswerForm = AnswerForm.Letter,
    string? Id = null,
    string? Cluster = null,
    string? Group = null,
    string Instruction = "The following are multiple choice questions (with answers).",
    string? ExamplesFile = null,
    int Fewshot = 0,
    AnswerScoring Reading = AnswerScoring.Letter,
    int Rotations = 0,
    PromptForm Prompt = PromptForm.Plain,
    int MaxNewTokens = 16,
    DecodingKind Decoding = DecodingKind.Greedy,
    string? Labels = null,
    string? Template = null,
    string? Data = null
) : TaskPlan(Name, Role, Items)
{
    /// <inheritdoc/>
    protected override void CheckValues(string source)
    {
        const string Columns = "the names of the options' columns, or of one that holds a list";
        Files.Check(source, Name, "question");
        Wanted.That(Options is null or { Count: > 0 }, source, $"{Name}.options", "[]", Columns);
        bool labelled = (AnswerForm == AnswerForm.Label) == (Labels is not null);
        Wanted.That(labelled, source, $"{Name}.labels", Labels, "a column, together with answerForm label");
        AnswerScorings.Check(source, Name, Reading, Rotations, MaxNewTokens);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths() => Files.Paths();

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate)
    {
        OwnFiles files = Files.Located(locate);
        return this with { File = files.File, Data = files.Data, ExamplesFile = files.Examples };
    }

    /// <summary>The file, or the split of a data set.</summary>
    internal string Place => Files.Place;

    private OwnFiles Files => new(File, Data, ExamplesFile, Fewshot);

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) =>
        MultipleChoiceTask.Open(this, opening.Seed, opening.Decode(Decoding));

    internal override IEnumerable<(string Key, string Why)> UnusedKeys() =>
        AnswerScorings
            .UnusedKeys(Reading, MaxNewTokens != new MultipleChoicePlan().MaxNewTokens, Decoding)
            .Concat(Files.UnusedKeys());

    internal override string LeaveOut(Func<string, string> named) => Files.LeaveOut(numbered: Id is null);

    internal override bool HasFewshot => Fewshot > 0;

    internal override TaskPlan? WithFewshot(int count) =>
        count == 0 ? this with { Fewshot = 0, ExamplesFile = null }
        : ExamplesFile is null ? null
        : this with { Fewshot = count };

    internal override TaskPlan? WithMaxNewTokens(int count) =>
        Reading.IsWritten() ? this with { MaxNewTokens = count } : null;

    /// <inheritdoc/>
    public override AnswerScoring? Scoring() => Reading;

    /// <inheritdoc/>
    public override string? SameQuestions() => Rotations == 0 ? $"{Place}\n{Items}" : null;
}
