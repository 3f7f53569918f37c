using Fulcrum.Data;
using Fulcrum.Tasks;

namespace OwnTaskKind.Sums;

/// <summary>A task kind of one's own: sums of two numbers. A study names it as <c>{ "kind": "sums", "largest": 99
/// }</c>.</summary>
/// <param name="Largest">The largest number that is added.</param>
public sealed record SumsPlan(string Name = "", TaskRole? Role = null, int? Items = 100, int Largest = 99)
    : TaskPlan(Name, Role, Items)
{
    /// <inheritdoc/>
    protected override void CheckValues(string source) =>
        Wanted.That(Largest > 0, source, $"tasks.{Name}.largest", Largest, "1 or more");

    /// <inheritdoc/>
    public override IReadOnlyList<string> Paths() => [];

    /// <inheritdoc/>
    public override TaskPlan Located(Func<string, string> locate) => this;

    /// <inheritdoc/>
    public override ITask Open(TaskOpening opening) => new SumsTask(Name, Items ?? 100, Largest, opening.Seed);
}
