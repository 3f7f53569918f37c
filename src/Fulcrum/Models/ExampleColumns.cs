namespace Fulcrum.Models;

/// <summary>The columns of a data file that hold questions and answers, and the form of the prompts.</summary>
/// <param name="Input">The column of the question; null: recognised from the columns.</param>
/// <param name="Target">The column of the answer; null: recognised from the columns.</param>
/// <param name="Template">A Jinja template over the columns that renders the question, instead of
/// <paramref name="Input"/>; null: none.</param>
/// <param name="System">The system message. In plain text it comes first.</param>
/// <param name="Chat">Whether prompts are conversations; null: as in the layout, texts as plain text.</param>
/// <param name="Others">Additional columns that are used: ids, clusters, groups.</param>
/// <param name="Purpose">The purpose of the file, for messages.</param>
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
    /// <summary>The purpose of a file of training data.</summary>
    public const string OfTraining = "training data";

    /// <summary>The purpose of a file of a task.</summary>
    public const string OfTask = "a task";

    /// <summary>The keys under which a column can be named that is neither question nor answer, for messages.</summary>
    public string Keys =>
        Purpose == OfTask
            ? "'template', 'id', 'cluster' or 'group' of the task"
            : "'template' or 'cluster' of a study's trainingData";
}
