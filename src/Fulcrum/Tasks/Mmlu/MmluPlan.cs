using Fulcrum.Data;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Choice;

namespace Fulcrum.Tasks.Mmlu;

/// <summary>MMLU: four options, one of them right.</summary>
/// <param name="Data">A folder with <c>dev/</c> and <c>test/</c>, or in the layout of <c>cais/mmlu</c> on the
/// hub.</param>
/// <param name="Items">The number of questions over all subjects, in equal shares, drawn by the seed; null:
/// all.</param>
/// <param name="Subjects">Null: all.</param>
/// <param name="ItemsPerSubject">Null: all.</param>
/// <param name="Fewshot">Worked examples before the question, 0 to 5.</param>
/// <param name="Reading">The answer-scoring method.</param>
/// <param name="Rotations">The number of additional forms of each question, each with the options moved on by one: 0 to
/// 3.</param>
/// <param name="MaxNewTokens">Of methods in which the model writes.</param>
/// <param name="Decoding">Of the same.</param>
/// <param name="Threshold">Answers state this threshold and whether their score reaches it; null: they do not.</param>
public sealed record MmluPlan(
    string Name = "",
    string Data = "",
    TaskRole? Role = null,
    int? Items = null,
    IReadOnlyList<string>? Subjects = null,
    int? ItemsPerSubject = null,
    int Fewshot = 5,
    AnswerScoring Reading = AnswerScoring.Letter,
    int Rotations = 0,
    PromptForm Prompt = PromptForm.Plain,
    int MaxNewTokens = 16,
    DecodingKind Decoding = DecodingKind.Greedy,
    double? Threshold = null
) : TaskPlan(Name, Role, Items)
{
    /// <inheritdoc/>
    protected override void CheckValues(string source)
    {
        Wanted.That(Data.Length > 0, source, $"{Name}.data", "empty", "a folder with dev/ and test/");
        Wanted.That(Fewshot is >= 0 and <= 5, source, $"{Name}.fewshot", Fewshot, "0 to 5");
        bool counted = ItemsPerSubject is null or > 0;
        Wanted.That(counted, source, $"{Name}.itemsPerSubject", ItemsPerSubject, "1 or more, or null for all");
        bool one = ItemsPerSubject is null || Items is null;
        Wanted.That(one, source, $"{Name}.itemsPerSubject", ItemsPerSubject, "null where items is given");
        bool some = Subjects is null or { Count: > 0 };
        Wanted.That(some, source, $"{Name}.subjects", "[]", "at least one subject, or null for all");
        AnswerScorings.Check(source, Name, Reading, Rotations, MaxNewTokens);
    }

    /// <summary>Other questions of these subjects: the subjects are the benchmark.</summary>
    protected override Estimand? DefaultEstimand() => Statistics.Estimand.Items;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths()
    {
        if (!Directory.Exists(Data))
        {
            return [Data];
        }

        MmluFolder folder = MmluFolder.Open(Data);
        return folder.Paths(Subjects ?? folder.Subjects);
    }

    /// <inheritdoc/>
    public override bool Needs(string path) => MmluFolder.IsNeeded(path, Subjects);

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate) => this with { Data = locate(Data) };

    /// <inheritdoc/>
    public override void RequireFiles(string source)
    {
        base.RequireFiles(source);
        IReadOnlyList<string> known = Subjects is null ? [] : MmluFolder.Open(Data).Subjects;
        if (Subjects?.FirstOrDefault(s => !known.Contains(s)) is { } unknown)
        {
            string nearest = Spelling.Nearest(unknown, known, int.MaxValue) ?? "none";
            throw new InputException(
                $"{source}: tasks.{Name}.subjects: there is no subject \"{unknown}\" in {Data}; "
                    + $"the nearest is \"{nearest}\""
            );
        }
    }

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) => MmluTask.Open(this, opening.Seed, opening.Decode(Decoding));

    internal override IEnumerable<(string Key, string Why)> UnusedKeys() =>
        AnswerScorings.UnusedKeys(Reading, MaxNewTokens != new MmluPlan().MaxNewTokens, Decoding);

    internal override string? LeaveOut(Func<string, string> named) =>
        $"name only the other subjects in {named("subjects")}";

    internal override bool HasFewshot => Fewshot > 0;

    internal override TaskPlan WithFewshot(int count) => this with { Fewshot = count };

    internal override TaskPlan? WithMaxNewTokens(int count) =>
        Reading.IsWritten() ? this with { MaxNewTokens = count } : null;

    /// <inheritdoc/>
    public override bool HasPublishedScores() => true;

    /// <inheritdoc/>
    public override double? KnownChance() => 0.25;

    /// <inheritdoc/>
    public override AnswerScoring? Scoring() => Reading;

    /// <inheritdoc/>
    public override Ability? Ability() => Tasks.Ability.Knowledge;

    /// <inheritdoc/>
    public override TaskNouns Nouns() => new(("subject", "disciplina"), ("category", "categoria"), []);

    /// <inheritdoc/>
    public override string? SameQuestions() =>
        Rotations == 0 ? $"{Data}\n{string.Join(',', Subjects ?? [])}\n{ItemsPerSubject}\n{Items}" : null;
}
