using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>A task, or a group of tasks and groups.</summary>
/// <param name="Name">Of a group inside another: <c>OUTER::INNER</c>.</param>
/// <param name="Member">The prefix of a member's items in the file of the group.</param>
/// <param name="Task">Null for a group.</param>
/// <param name="Members">Empty for a task.</param>
/// <param name="Means">The means over the members; empty if the file asks for none.</param>
internal sealed record HarnessNode(
    string Name,
    string Member,
    HarnessConfig? Task,
    IReadOnlyList<HarnessNode> Members,
    IReadOnlyList<HarnessMean> Means
)
{
    /// <summary>A single task.</summary>
    public static HarnessNode Of(HarnessConfig task, string? member = null) =>
        new(task.Name, member ?? task.Name, task, [], []);

    /// <summary>The tasks, nested members included.</summary>
    public IEnumerable<HarnessNode> Leaves => Task is not null ? [this] : Members.SelectMany(m => m.Leaves);

    /// <summary>The groups, this one last.</summary>
    public IEnumerable<HarnessNode> Groups => Task is not null ? [] : [.. Members.SelectMany(m => m.Groups), this];
}

/// <summary>A mean over the tasks of a group.</summary>
/// <param name="Filters">Null: every filter that the tasks have.</param>
/// <param name="BySize">Weighted by the number of items.</param>
internal sealed record HarnessMean(string Metric, IReadOnlyList<string>? Filters, bool BySize);
