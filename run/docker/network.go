package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/command"
)

// nameOf is the engine's name of a job's network, unless it is a spare one.
func (r *Runner) nameOf(n run.Network) string {
	kind := "open"
	if n.Isolated {
		kind = "isolated"
	}
	return "sagebrush-" + r.owner + "-" + hash(n.ID+"\x00"+kind)
}

// join puts a container on its job's network, which is made if need be.
func (r *Runner) join(ctx context.Context, n run.Network, hostname string, c *composition) error {
	hosts := n.Hosts
	if len(hosts) == 0 {
		hosts = []string{hostname}
	}
	i := slices.Index(hosts, hostname)
	if i < 0 {
		return command.Refuse(command.NotExecutable, "The host %q is not one of its network's hosts %q.", hostname, hosts)
	}
	name, subnet, err := r.ensure(ctx, n, len(hosts))
	if err != nil {
		return err
	}
	r.stock.want(n.Isolated)
	host := c.options.HostConfig
	host.NetworkMode = container.NetworkMode(name)
	for k, peer := range hosts {
		if k != i { // the engine adds the host itself
			host.ExtraHosts = append(host.ExtraHosts, peer+":"+addressOf(subnet, k).String())
		}
	}
	if n.Isolated {
		// Nobody answers there, in the container. Otherwise the engine would ask
		// the world for it. And no raw packets around the network's rules.
		host.DNS = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
		host.CapDrop = []string{"NET_RAW"}
	}
	c.options.Config.Labels[LabelNetwork] = name
	c.options.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		name: {Aliases: []string{hostname}, IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: addressOf(subnet, i)}},
	}}
	return nil
}

// ensure answers the name and the subnet of a job's network, which becomes a
// spare one or is made if need be.
func (r *Runner) ensure(ctx context.Context, n run.Network, hosts int) (string, netip.Prefix, error) {
	unlock, err := r.lockNetworks(ctx)
	if err != nil {
		return "", netip.Prefix{}, err
	}
	defer unlock()
	book := r.readBook()
	name := book.nameOf(r.nameOf(n))
	got, err := r.api.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	if err == nil {
		subnet, err := subnetOf(got.Network.IPAM, hosts)
		return name, subnet, err
	}
	if !errdefs.IsNotFound(err) {
		return "", netip.Prefix{}, err
	}
	name = r.nameOf(n)
	if spare, subnet, err := r.takeSpare(ctx, book, name, n.Isolated, hosts); err != nil || spare != "" {
		return spare, subnet, err
	}
	subnet, err := r.makeNetwork(ctx, name, n.Isolated, hosts)
	return name, subnet, err
}

// makeNetwork makes a network and answers its subnet. The caller holds the
// networks' lock.
func (r *Runner) makeNetwork(ctx context.Context, name string, isolated bool, hosts int) (netip.Prefix, error) {
	taken, err := machineNetworks()
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("list the machine's networks: %w", err)
	}
	options := client.NetworkCreateOptions{
		Driver: "bridge", Internal: isolated, Options: map[string]string{},
		Labels: map[string]string{LabelOwner: r.owner, LabelNetwork: name},
	}
	if isolated {
		// Internal alone leaves the machine itself reachable at the bridge's address.
		options.Options["com.docker.network.bridge.inhibit_ipv4"] = "true"
	}
	for subnet := range candidates(r.subnets, name, hosts, taken) {
		options.IPAM = &network.IPAM{Driver: "default", Config: []network.IPAMConfig{{Subnet: subnet}}}
		made, err := r.api.NetworkCreate(ctx, name, options)
		if err != nil && strings.Contains(err.Error(), "overlap") {
			continue // with another network of the engine
		}
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("make the network: %w", err)
		}
		if isolated && hasAddress("br-"+made.ID[:min(12, len(made.ID))]) {
			_, err := r.api.NetworkRemove(ctx, made.ID, client.NetworkRemoveOptions{})
			return netip.Prefix{}, errors.Join(command.Refuse(command.NotExecutable, "This Docker engine cannot close a network against the machine itself, so the job cannot be isolated: update the engine to 20.10 or later."), err)
		}
		return subnet, nil
	}
	return netip.Prefix{}, fmt.Errorf("every subnet of %s for %d hosts is taken", r.subnets, hosts)
}

// subnetOf reads what ensure has made.
func subnetOf(ipam network.IPAM, hosts int) (netip.Prefix, error) {
	if len(ipam.Config) == 1 {
		if subnet := ipam.Config[0].Subnet; subnet.Addr().Is4() && 1<<(32-subnet.Bits()) >= hosts+reserved {
			return subnet, nil
		}
	}
	return netip.Prefix{}, fmt.Errorf("the network has the subnets %v, too small for %d hosts", ipam.Config, hosts)
}

// leave removes a network if its last container is gone.
func (r *Runner) leave(ctx context.Context, n run.Network) error {
	unlock, err := r.lockNetworks(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	book, own := r.readBook(), r.nameOf(n)
	name := book.nameOf(own)
	gone, err := r.removeUnused(ctx, name, name)
	if gone && name != own {
		delete(book.Taken, own)
		err = r.writeBook(book)
	}
	return err
}

// removeUnused removes a network that no container is on, also none that has yet
// to start, and answers whether it is gone. The caller holds the networks' lock.
func (r *Runner) removeUnused(ctx context.Context, label, ref string) (gone bool, err error) {
	used, err := r.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: r.mine().Add("label", LabelNetwork+"="+label)})
	if err != nil || len(used.Items) > 0 {
		return false, err
	}
	if _, err := r.api.NetworkRemove(ctx, ref, client.NetworkRemoveOptions{}); err != nil && !errdefs.IsNotFound(err) {
		return false, fmt.Errorf("docker: remove the network %s: %w", label, err)
	}
	return true, nil
}

// lockNetworks keeps this and other servers over the same state from making or
// removing networks meanwhile.
func (r *Runner) lockNetworks(ctx context.Context) (unlock func(), err error) {
	lock, err := stateDir(r.dir).lockFile(ctx, "networks.lock", true)
	if err != nil {
		return nil, fmt.Errorf("docker: lock networks: %w", err)
	}
	return func() { lock.Close() }, nil
}

// hasAddress says whether an interface of this machine has an IPv4 address.
func hasAddress(name string) bool {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return false
	}
	addrs, err := i.Addrs()
	return err != nil || slices.ContainsFunc(addrs, func(a net.Addr) bool {
		ip, ok := a.(*net.IPNet)
		return ok && ip.IP.To4() != nil
	})
}

// machineNetworks are the IPv4 networks that this machine is on or has routes to.
func machineNetworks() ([]netip.Prefix, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Prefix
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			out = append(out, p.Masked())
		}
	}
	table, err := os.ReadFile(filepath.Join("/proc", "net", "route"))
	if err != nil {
		return nil, err
	}
	return append(out, routes(string(table))...), nil
}
