using Fulcrum.Studies;
using Microsoft.Extensions.Logging;

namespace Fulcrum.Runs;

/// <summary>Settings of an experiment that do not change its results.</summary>
/// <param name="Report">Called with everything that happens.</param>
/// <param name="Looking">By task, the difference in percentage points that is to be detected, in addition to the
/// study's margin; null: none.</param>
/// <param name="Log">Null: nothing is logged.</param>
/// <param name="WriteReport">Writes the report of a run folder in a language and returns the files; null: no
/// report.</param>
/// <param name="Language">Of the report: <c>en</c> or <c>pt-BR</c>.</param>
/// <param name="AllowCommand">Whether external trainers' commands may be run.</param>
/// <param name="KeyVariables">By candidate on a server, the environment variable that holds the key; null: no key is
/// sent.</param>
public sealed record ExperimentSettings(
    Action<RunEvent>? Report = null,
    IReadOnlyDictionary<string, double>? Looking = null,
    ILogger? Log = null,
    Func<RunLayout, string, IReadOnlyList<string>>? WriteReport = null,
    string Language = "en",
    bool AllowCommand = false,
    IReadOnlyDictionary<string, string>? KeyVariables = null
)
{
    /// <summary>The number of processes that do parts of a study at the same time.</summary>
    internal int Jobs { get; init; } = 1;

    /// <summary>Called once the checks of a study have passed, so that other processes can be started that will measure
    /// parts of the base; null: there are none.</summary>
    internal Action<Study>? Warm { get; init; }

    /// <summary>Called once the checks of a study have passed, with the open candidates, so that other processes can
    /// begin with them while this one estimates and measures the base; null: there are none. It may be called
    /// again.</summary>
    internal Action<Study, IReadOnlyList<StageNode>, Action<RunEvent>, CancellationToken>? Begin { get; init; }

    /// <summary>By task, the bounds that a requirement demands. An early decision waits until they are decided
    /// too.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<RequiredBound>>? Required { get; init; }

    /// <summary>Obtains and measures those candidates of a study that are not complete in several processes; null: this
    /// process does. It gets what does one candidate in this process.</summary>
    internal Action<
        Study,
        IReadOnlyList<StageNode>,
        Action<StageNode>,
        Action<RunEvent>,
        CancellationToken
    >? Elsewhere { get; init; }

    /// <summary>Measures the parts of the base of a study in several processes; null: this one measures it. It gets
    /// what does one part in this process.</summary>
    internal Action<Study, Action<StageNode>, Action<RunEvent>, CancellationToken>? SplitBase { get; init; }
}
