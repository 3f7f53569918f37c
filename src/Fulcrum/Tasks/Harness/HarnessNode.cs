using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>A task, or a group of tasks and groups.</summary>
/// <param name="Name">Of a group inside another: <c>OUTER::INNER</c>.</param>
/// <param name="Member">The name that a member's items carry in the group's own file.</param>
/// <param name="Task">Null for a group.</param>
/// <param name="Members">Empty for a task.</param>
/// <param name="Means">What a group computes over its members; none where its file asks for nothing.</param>
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

    /// <summary>The tasks, members of members included.</summary>
    public IEnumerable<HarnessNode> Leaves => Task is not null ? [this] : Members.SelectMany(m => m.Leaves);

    /// <summary>The groups, this one last.</summary>
    public IEnumerable<HarnessNode> Groups => Task is not null ? [] : [.. Members.SelectMany(m => m.Groups), this];
}

/// <summary>A mean over the tasks of a group.</summary>
/// <param name="Filters">Null: every filter that the tasks have.</param>
/// <param name="BySize">Weighted by the number of items.</param>
internal sealed record HarnessMean(string Metric, IReadOnlyList<string>? Filters, bool BySize);
