namespace Fulcrum.Models;

/// <summary>Which columns of a data file hold questions and answers, and in which form a question is asked.</summary>
/// <param name="Input">The column of the question; null: recognised from the columns.</param>
/// <param name="Target">The column of the answer; null: recognised from the columns.</param>
/// <param name="Template">A Jinja template over the columns that makes the question, instead of
/// <paramref name="Input"/>; null: none.</param>
/// <param name="System">The system message; in plain text it comes first.</param>
/// <param name="Chat">Whether questions are asked as conversations; null: as the layout has them, texts as plain text.
/// </param>
/// <param name="Others">Further columns that are used: ids, clusters, groups.</param>
/// <param name="Purpose">What the file is read as, for messages.</param>
internal sealed record ExampleColumns(
    string? Input = null,
    string? Target = null,
    string? Template = null,
    string? System = null,
    bool? Chat = null,
    IReadOnlyList<string>? Others = null,
    string Purpose = ExampleColumns.OfTraining
)
{
    /// <summary>A file of training data.</summary>
    public const string OfTraining = "training data";

    /// <summary>A file of a task.</summary>
    public const string OfTask = "a task";
}
