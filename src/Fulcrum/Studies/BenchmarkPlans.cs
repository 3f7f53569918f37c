using System.Text.Json.Serialization;

namespace Fulcrum.Studies;

/// <summary>One benchmark of a study.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SpiderPlan), "spider")]
[JsonDerivedType(typeof(MmluPlan), "mmlu")]
[JsonDerivedType(typeof(MultipleChoicePlan), "multiple-choice")]
[JsonDerivedType(typeof(GenerationPlan), "generation")]
public abstract record BenchmarkPlan(string Name);

/// <summary>Text-to-SQL, graded by execution.</summary>
/// <param name="Folder">A folder in Spider's layout; relative to the study's file.</param>
/// <param name="Items">How many of the dev examples; null: all.</param>
/// <param name="Semantics"><c>official</c>, <c>strict</c> or <c>notebook</c>.</param>
/// <param name="Prompt"><c>chat</c>: the model's chat template; <c>raw3</c>: plain text with three worked
/// examples.</param>
/// <param name="PromptBefore">Another prompt for the base model alone: then before and after are not comparable, and
/// the guard that says so must be overridden. Null: the same.</param>
/// <param name="Reading"><c>query</c>: the query is found in the reply; <c>after-marker</c>: everything behind the last
/// <c>SQL:</c> of prompt and reply together (of the reply alone in a conversation).</param>
/// <param name="Decoding"><c>greedy</c>, or <c>generation-config</c>: as the model's <c>generation_config.json</c>
/// says, seeded.</param>
/// <param name="Sample"><c>stratified</c>: equal shares of every database; <c>first</c>: the first of the file.</param>
/// <param name="Threshold">Answers carry this threshold and whether their score reaches it; null: they do not.</param>
public sealed record SpiderPlan(
    string Name,
    string Folder,
    int? Items = null,
    string Semantics = "official",
    int MaxNewTokens = 128,
    double TimeLimitSeconds = 5,
    string Prompt = "chat",
    string? PromptBefore = null,
    string Reading = "query",
    string Decoding = "greedy",
    string Sample = "stratified",
    double? Threshold = null
) : BenchmarkPlan(Name);

/// <summary>MMLU: four options, one of them right.</summary>
/// <param name="Folder">The folder with <c>dev/</c> and <c>test/</c>; relative to the study's file.</param>
/// <param name="Subjects">Null: all.</param>
/// <param name="ItemsPerSubject">Null: all.</param>
/// <param name="Shots">Worked examples before the question, 0 to 5.</param>
/// <param name="Reading"><c>letter</c>: the letter of the highest log-likelihood; <c>cloze</c>: the option's text of
/// the highest log-likelihood, the options not shown;
/// <c>cloze-normalised</c>: the same per byte of the option; <c>generated</c>: the letter found in what the model
/// writes; <c>last-character</c>: the last character of prompt and reply.</param>
/// <param name="Rotations">So many further forms of each question, each with the options moved on by one: 0 to
/// 3.</param>
/// <param name="Prompt"><c>plain</c> text, or <c>chat</c>: the model's chat template around the same text.</param>
/// <param name="MaxNewTokens">Of the readings that let the model write.</param>
/// <param name="Decoding"><c>greedy</c> or <c>generation-config</c>; of the readings that let the model write.</param>
/// <param name="Threshold">As for <see cref="SpiderPlan"/>.</param>
public sealed record MmluPlan(
    string Name,
    string Folder,
    IReadOnlyList<string>? Subjects = null,
    int? ItemsPerSubject = null,
    int Shots = 5,
    string Reading = "letter",
    int Rotations = 0,
    string Prompt = "plain",
    int MaxNewTokens = 16,
    string Decoding = "greedy",
    double? Threshold = null
) : BenchmarkPlan(Name);

/// <summary>Multiple choice from a file of one's own: a row a question.</summary>
/// <param name="File">JSON Lines, CSV with a header, or Parquet, by its ending (<c>.jsonl</c>, <c>.csv</c>,
/// <c>.parquet</c>); relative to the study's file.</param>
/// <param name="Question">The column of the question.</param>
/// <param name="Options">The columns of the options, one each; or one column that holds a list. Null: <c>options</c>, a
/// list.</param>
/// <param name="Answer">The column of the right answer.</param>
/// <param name="AnswerForm">What that column holds: <c>letter</c> (A, B, ...), <c>index</c> (0, 1, ...) or <c>text</c>
/// (of the right option).</param>
/// <param name="Id">The column of the ids; null: the row's number.</param>
/// <param name="Cluster">The column that says which items are not independent of each other; null: all are.</param>
/// <param name="Group">The column by which the report breaks the score down; null: none.</param>
/// <param name="Items">How many rows, drawn in equal shares over the clusters; null: all.</param>
/// <param name="Instruction">Comes before the first example.</param>
/// <param name="ExamplesFile">Worked examples: a file with the same columns; needed where <paramref name="Shots"/> is
/// above 0.</param>
/// <param name="Shots">The first so many rows of it come before the question.</param>
/// <param name="Reading">As for <see cref="MmluPlan"/>; so are <paramref name="Rotations"/>, <paramref name="Prompt"/>,
/// <paramref name="MaxNewTokens"/> and <paramref name="Decoding"/>.</param>
public sealed record MultipleChoicePlan(
    string Name,
    string File,
    string Question = "question",
    IReadOnlyList<string>? Options = null,
    string Answer = "answer",
    string AnswerForm = "letter",
    string? Id = null,
    string? Cluster = null,
    string? Group = null,
    int? Items = null,
    string Instruction = "The following are multiple choice questions (with answers).",
    string? ExamplesFile = null,
    int Shots = 0,
    string Reading = "letter",
    int Rotations = 0,
    string Prompt = "plain",
    int MaxNewTokens = 16,
    string Decoding = "greedy"
) : BenchmarkPlan(Name);

/// <summary>Free answers from a file of one's own, graded by comparing texts: a row an item.</summary>
/// <param name="File">As for <see cref="MultipleChoicePlan"/>; so are <paramref name="Id"/>,
/// <paramref name="Cluster"/>, <paramref name="Group"/> and <paramref name="Items"/>.</param>
/// <param name="Input">The column of what the model is asked.</param>
/// <param name="Target">The column of the right answer, or of a list of right answers.</param>
/// <param name="Matching"><c>exact</c>: the same text but for white space around it; <c>normalised</c>: but for case,
/// punctuation, articles and white space too;
/// <c>number</c>: the last number written; <c>regex</c>: the target is a pattern that must be found; <c>contains</c>:
/// the target occurs in it.</param>
/// <param name="Tolerance">Of <c>number</c>: largest relative difference.</param>
/// <param name="Extract">A pattern whose first group is the answer within the reply; null: the whole reply. A reply
/// without it is unparsable.</param>
/// <param name="RegexTimeLimitSeconds">A pattern that takes longer on a reply finds nothing in it.</param>
/// <param name="System">The system message of the conversation; in plain text it comes first.</param>
/// <param name="Prompt"><c>chat</c>: the model's chat template; <c>plain</c>: the text as it is.</param>
/// <param name="Stops">Texts that end the reply.</param>
public sealed record GenerationPlan(
    string Name,
    string File,
    string Input = "prompt",
    string Target = "target",
    string Matching = "exact",
    double Tolerance = 0,
    string? Extract = null,
    double RegexTimeLimitSeconds = 1,
    string? Id = null,
    string? Cluster = null,
    string? Group = null,
    int? Items = null,
    string? System = null,
    string Prompt = "chat",
    int MaxNewTokens = 64,
    IReadOnlyList<string>? Stops = null,
    string Decoding = "greedy"
) : BenchmarkPlan(Name);

/// <summary>What the adapter is trained on: Spider's training examples, or a file of one's own.</summary>
/// <param name="Folder">A folder in Spider's layout; relative to the study's file.</param>
/// <param name="Examples">How many of the training examples, drawn in equal shares over the clusters (databases); null:
/// all.</param>
/// <param name="File">JSON Lines, CSV with a header, or Parquet, by its ending; instead of
/// <paramref name="Folder"/>.</param>
/// <param name="Input">The file's column of what the model is asked.</param>
/// <param name="Target">The file's column of what it shall answer.</param>
/// <param name="Cluster">The file's column of examples that begin alike; null: none.</param>
/// <param name="System">The system message; in plain text it comes first.</param>
/// <param name="Prompt"><c>chat</c>: the model's chat template; <c>plain</c>: the text as it is.</param>
public sealed record TrainingDataPlan(
    string? Folder = null,
    int? Examples = null,
    string? File = null,
    string Input = "prompt",
    string Target = "completion",
    string? Cluster = null,
    string? System = null,
    string Prompt = "chat"
);
