using System.CommandLine;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Cli;

/// <summary>The options that change how tasks are asked, for commands without a study file.</summary>
internal sealed class AskingOptions
{
    /// <summary>How messages name settings where the command line describes everything.</summary>
    public static readonly SettingNames Names = new(
        guards => $"add {OverrideOption(guards)}",
        (task, key) =>
            key switch
            {
                "fewshot" => "--fewshot",
                "maxNewTokens" => "--max-new-tokens",
                _ => $"{key} of {task} (in a task file)",
            }
    );

    /// <summary>How messages name settings where a study file describes everything.</summary>
    public static readonly SettingNames NamesOfFile = SettingNames.Keys with
    {
        Override = guards => $"{SettingNames.Keys.Override(guards)}, or add {OverrideOption(guards)}",
    };

    private readonly Option<int?> fewshot = CountOption.Of(
        "--fewshot",
        least: 0,
        "Worked examples before each question, for every task that has them. Default: as the task says."
    );
    private readonly Option<int?> limit = CountOption.Of(
        "--max-new-tokens",
        least: 1,
        "The most tokens of a reply, for every task in which the model writes. Default: as the task says."
    );

    /// <summary>The number of items.</summary>
    public Option<int?> Items { get; }

    /// <param name="items">Describes the option of the number of items.</param>
    public AskingOptions(string items) => Items = CountOption.Of("--items", least: 1, items);

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(Items);
        verb.Add(fewshot);
        verb.Add(limit);
    }

    /// <summary>Returns the plans as the options change them.</summary>
    /// <exception cref="InputException">No task has what an option changes, or a value does not fit a task.</exception>
    public IReadOnlyList<TaskPlan> Changed(ParseResult parsed, IReadOnlyList<TaskPlan> plans) =>
        Changed(
            limit,
            parsed,
            Changed(
                fewshot,
                parsed,
                plans,
                (p, n) => p.WithFewshot(n),
                "worked examples that can be chosen",
                ". For a task of your own, name a file of them by examplesFile in a task file"
            ),
            (p, n) => p.WithMaxNewTokens(n),
            "limit of a reply that can be chosen"
        );

    private static string OverrideOption(IReadOnlyList<string> guards) =>
        $"--override-guards {string.Join(',', guards)}";

    private static TaskPlan[] Changed(
        Option<int?> option,
        ParseResult parsed,
        IReadOnlyList<TaskPlan> plans,
        Func<TaskPlan, int, TaskPlan?> change,
        string what,
        string advice = ""
    )
    {
        if (parsed.GetValue(option) is not { } value || plans.Count == 0)
        {
            return [.. plans];
        }

        TaskPlan?[] changed = [.. plans.Select(p => change(p, value))];
        changed.OfType<TaskPlan>().ToList().ForEach(p => p.Check(option.Name));
        string without = string.Join(", ", plans.Zip(changed).Where(c => c.Second is null).Select(c => c.First.Name));
        string has = changed.Count(p => p is null) == 1 ? "has" : "have";
        if (changed.All(p => p is null))
        {
            throw new InputException($"{option.Name}: {without} {has} no {what}{advice}");
        }

        if (without.Length > 0)
        {
            Notices.Say(parsed, $"{option.Name} is not used for {without}, which {has} no {what}");
        }

        return [.. changed.Zip(plans, (c, p) => c ?? p)];
    }
}
