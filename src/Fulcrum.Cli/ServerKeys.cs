using Fulcrum.Models.Endpoint;
using Fulcrum.Studies;

namespace Fulcrum.Cli;

/// <summary>The keys of the servers on which candidates of a study run. A key is sent only where the command line says
/// so: a study from somebody else must not lead a key to another server.</summary>
internal static class ServerKeys
{
    // A key may hold the sign =, so a longer name may be its first part.
    private const int LongestShown = 16;

    /// <summary>Returns, by candidate, the environment variable that holds the key.</summary>
    /// <param name="named"><c>NAME</c> for the only server of the study, or <c>CANDIDATE=NAME</c>.</param>
    /// <exception cref="InputException">No candidate is meant, several servers could be meant, or the variable is not
    /// set.</exception>
    public static IReadOnlyDictionary<string, string> Of(Study study, IReadOnlyList<string> named)
    {
        Dictionary<string, string> served = study
            .Candidates.Where(c => c.Value.Endpoint is not null)
            .ToDictionary(c => c.Key, c => c.Value.Endpoint!);
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (string text in named)
        {
            string[] parts = text.Split('=', 2);
            foreach (string candidate in Meant(served, parts))
            {
                variables[candidate] = Set(parts[^1]);
                HubAccess.Say(
                    $"the key in {KeyVariable.Shown(parts[^1])} is sent to {ServerOf(served[candidate])} "
                        + $"(candidates.{candidate})"
                );
            }
        }

        (string Candidate, CandidatePlan Plan)[] asking =
        [
            .. study.Candidates.Select(c => (c.Key, c.Value)).Where(c => c.Value.ApiKeyEnv is not null),
        ];
        return asking.FirstOrDefault(c => !variables.ContainsKey(c.Candidate)) is { Plan: not null } refused
            ? throw new InputException(
                $"candidates.{refused.Candidate}.apiKeyEnv: a study alone sends no key. If "
                    + $"{ServerOf(refused.Plan.Endpoint!)} may have that key, repeat the command with "
                    + $"--api-key-env {refused.Candidate}={KeyVariable.Shown(refused.Plan.ApiKeyEnv!)}"
            )
            : variables;
    }

    /// <summary>Returns the same for a study that the command line describes.</summary>
    public static IReadOnlyDictionary<string, string> OfCommandLine(Study study) =>
        study.Candidates.Where(c => c.Value.ApiKeyEnv is not null).ToDictionary(c => c.Key, c => c.Value.ApiKeyEnv!);

    private static IReadOnlyCollection<string> Meant(Dictionary<string, string> served, string[] parts)
    {
        string known = served.Count == 0 ? "none is" : $"those are {string.Join(", ", served.Keys)}";
        if (parts.Length == 2)
        {
            return served.ContainsKey(parts[0])
                ? [parts[0]]
                : throw new InputException(
                    $"--api-key-env: {(parts[0].Length > LongestShown ? "what stands before =" : parts[0])} "
                        + $"is no candidate on a server; {known}"
                );
        }

        string[] servers = [.. served.Values.Select(ServerOf).Distinct()];
        return servers.Length switch
        {
            0 => throw new InputException("--api-key-env: no candidate of the study is on a server"),
            1 => served.Keys,
            _ => throw new InputException(
                $"--api-key-env: the candidates are on several servers ({string.Join(", ", servers)}). "
                    + $"Name the candidate whose server gets the key: --api-key-env CANDIDATE=NAME"
            ),
        };
    }

    private static string Set(string variable)
    {
        _ = KeyVariable.Value(variable);
        return variable;
    }

    private static string ServerOf(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address)
            ? address.GetLeftPart(UriPartial.Authority)
            : endpoint;
}
