namespace Fulcrum.Studies;

/// <summary>How messages name settings of a study, so that a reader can set what a message advises.</summary>
/// <param name="Override">Returns what to do so that guards of these names do not stop the run.</param>
/// <param name="Of">Returns the name of a key of a task, from the task's name and the key.</param>
internal sealed record SettingNames(Func<IReadOnlyList<string>, string> Override, Func<string, string, string> Of)
{
    /// <summary>The keys of a study file.</summary>
    public static readonly SettingNames Keys = new(
        names => $"put {string.Join(", ", names.Select(n => $"\"{n}\""))} into the study's overrideGuards",
        (task, key) => $"tasks.{task}.{key}"
    );
}
