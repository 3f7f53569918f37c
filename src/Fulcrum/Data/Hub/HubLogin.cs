using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Stores an access token where <c>huggingface_hub</c> looks for it.</summary>
internal static class HubLogin
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Asks the hub whose token it is and stores it for the owner of this account only.</summary>
    /// <returns>The name of the token's owner on the hub.</returns>
    /// <exception cref="InputException">The hub does not know the token, or it cannot be stored; nothing is stored
    /// then.</exception>
    /// <exception cref="FulcrumException">The hub cannot be reached.</exception>
    public static async Task<string> StoreAsync(HubSettings settings, string text, CancellationToken cancellation)
    {
        HubToken token = new(text, "the input");
        if (settings.Offline)
        {
            throw new FulcrumException("HF_HUB_OFFLINE is set, so the hub cannot be asked about the token");
        }

        using HubHttp http = new(settings);
        string owner = await new HubApi(settings, http).OwnerAsync(token, cancellation);
        string all = Path.Combine(Path.GetDirectoryName(settings.TokenPath)!, "stored_tokens");
        try
        {
            Write(all, WithSection(File.Exists(all) ? File.ReadAllLines(all) : [], owner, token.Value));
            Write(settings.TokenPath, token.Value);
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new InputException($"cannot store the token in {settings.TokenPath}: {AtomicFile.Reason(e)}", e);
        }

        return owner;
    }

    // An INI file with a section per token; those of other tokens stay as they are.
    private static string WithSection(string[] lines, string owner, string token)
    {
        string name = owner.Replace(']', '-');
        StringBuilder text = new();
        bool own = false;
        foreach (string line in lines)
        {
            own = line.StartsWith('[') ? line.Trim() == $"[{name}]" : own;
            text.Append(own ? "" : line.TrimEnd() + "\n");
        }

        return text.Append($"[{name}]\nhf_token = {token}\n\n").ToString();
    }

    private static void Write(string path, string text)
    {
        string folder = Path.GetDirectoryName(path)!,
            beside = $"{path}.{Environment.ProcessId}.tmp";
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
            options.UnixCreateMode = OwnerOnly;
        }

        File.Delete(beside);
        using (FileStream file = new(beside, options))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        AtomicFile.Rename(beside, path);
    }
}
