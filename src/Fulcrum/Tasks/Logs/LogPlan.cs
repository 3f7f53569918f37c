using Fulcrum.Data;

namespace Fulcrum.Tasks.Logs;

/// <summary>A task whose answers come from the log of another program. It is compared, and never asked.</summary>
/// <param name="File">The log of the base.</param>
/// <param name="Logged">The name of the task in the log, with metric and filter: <c>quiz/acc_norm</c>.</param>
internal sealed record LogPlan(
    string Name = "",
    string File = "",
    string Logged = "",
    TaskRole? Role = null,
    int? Items = null
) : TaskPlan(Name, Role, Items)
{
    /// <inheritdoc/>
    protected override void CheckValues(string source) =>
        Wanted.That(File.Length > 0, source, $"{Name}.file", "empty", "a log of another program");

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths() => [File];

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate) => this with { File = locate(File) };

    /// <summary>Scores of logs are often means over epochs, which seldom cross a threshold.</summary>
    public override double GainThreshold() => 0;

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) =>
        throw new InputException(
            $"{Name}: its answers come from the log {File} of another program, "
                + "so no model can be asked; compare logs with each other"
        );
}
